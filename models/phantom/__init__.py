"""Synthetic ultrasound of the suprapatellar recess with exact truth."""

from models.phantom.frame import make_frame
from models.phantom.furniture import Screen, on_screen
from models.phantom.physics import Physics
from models.phantom.truth import GridSpec, NeedleTruth, PhantomFrame

__all__ = ["GridSpec", "NeedleTruth", "PhantomFrame", "Physics", "Screen", "make_frame", "on_screen"]
