"""Scoring of networks, from the command line."""
