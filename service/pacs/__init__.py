"""Neighbours in a hospital's archive: images come in by STOW-RS and C-STORE, results go out by STOW-RS."""
