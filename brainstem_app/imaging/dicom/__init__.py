"""DICOM folders: what their images say of themselves, and single volumes of them as NIfTI files."""
