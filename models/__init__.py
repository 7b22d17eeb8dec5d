"""Synthetic ultrasound, the training of the network on it, its evaluation, and the network itself."""
