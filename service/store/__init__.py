"""What is kept, and where: rows, blobs, keyed identifiers, and the chain that seals them; nothing about a person."""
