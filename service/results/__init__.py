"""DICOM results of a judged procedure: one pass over its frames, any of the four objects out of it."""
