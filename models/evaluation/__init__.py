"""Scores the whole path, frame in and verdict out, on labelled folders and on phantom frames."""

from models.evaluation.evaluate import evaluate_folder, evaluate_phantom
from models.evaluation.report import Figure, Report

__all__ = ["Figure", "Report", "evaluate_folder", "evaluate_phantom"]
