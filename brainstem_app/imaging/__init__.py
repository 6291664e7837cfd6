"""Scans: read NIfTI, MGZ and DICOM, check headers, orient, resample."""
