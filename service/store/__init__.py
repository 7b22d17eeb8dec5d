"""What is kept, and where: rows, blobs, keyed identifiers; nothing about a person."""

from service.store.store import Store

__all__ = ["Store"]
