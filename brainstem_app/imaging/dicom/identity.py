"""How much of a DICOM scan's identity another object carries."""

from __future__ import annotations

from enum import StrEnum


class Identity(StrEnum):
    """How much of the source's identity another object carries."""

    NONE = "none"
    LINKS = "links"
    PATIENT = "patient"
