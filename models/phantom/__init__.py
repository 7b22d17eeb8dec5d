"""Synthetic ultrasound of the suprapatellar recess with exact truth."""

from models.phantom.cine import PhantomCine, make_cine
from models.phantom.cine_script import CineEvent, CineScript
from models.phantom.frame import make_frame
from models.phantom.furniture import Screen, on_screen
from models.phantom.physics import Physics
from models.phantom.truth import GridSpec, NeedleTruth, PhantomFrame

__all__ = [
    "CineEvent",
    "CineScript",
    "GridSpec",
    "NeedleTruth",
    "PhantomCine",
    "PhantomFrame",
    "Physics",
    "Screen",
    "make_cine",
    "make_frame",
    "on_screen",
]
