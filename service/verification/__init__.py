"""Whether what is kept is what was recorded, and comes out the same again."""
