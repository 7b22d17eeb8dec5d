"""The same answers for other programs: tables as CSV and Parquet, and resources of FHIR R4."""
