"""Brainstem App: the nuclei of the brainstem on T1-weighted MRI."""

#: Version of the program, the only place where it is written.
__version__ = "0.1.0"
