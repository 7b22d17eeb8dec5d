"""Sample procedures: synthetic ultrasound cines written as DICOM, with known truth; see README.md beside them."""
