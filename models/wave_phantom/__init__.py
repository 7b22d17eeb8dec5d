"""A second, independent simulator: knees of its own, wave physics of PyMUST; for testing only, never for training."""

from models.wave_phantom.frame import Effort, WaveFrame, make_frame

__all__ = ["Effort", "WaveFrame", "make_frame"]
