"""Figures of an archive: read as columns, counted, drawn, and set on one page."""
