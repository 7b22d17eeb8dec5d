"""Trains and exports the network; needs the optional part ``train`` (PyTorch)."""
