"""Ultrasound DICOM in: one image or cine as calibrated grey frames, decoded when they are asked for.

``reader`` puts the others together: ``header`` reads a bounded part of the file, ``attributes`` takes values out of it,
``regions`` chooses the calibration, ``fragments`` and ``cine`` find each frame's bytes, ``pixels`` (with ``palette``,
``gdcm_frame`` and ``video``) decode them to luma.
"""

from imaging.dicom.reader import DicomImage, DicomLimits, read_dicom

__all__ = ["DicomImage", "DicomLimits", "read_dicom"]
