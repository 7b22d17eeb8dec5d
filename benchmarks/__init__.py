"""Measurements of speed: ratios taken in one run on one machine, never assertions in a unit test."""
