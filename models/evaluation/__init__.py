"""Scores the whole path on labelled folders and on phantom frames."""
