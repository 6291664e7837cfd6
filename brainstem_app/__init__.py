"""Brainstem App: the nuclei of the brainstem on T1-weighted MRI."""

__version__ = "0.1.0"
