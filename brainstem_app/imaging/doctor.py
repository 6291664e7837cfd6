"""Examine a scan without stopping at what is wrong with it: what ``doctor`` and the window show."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from brainstem_app.errors import InputError
from brainstem_app.imaging.scan import Finding, Level, Scan, worst_first
from brainstem_app.plain_text import Words


class ExaminedFinding(BaseModel):
    """A `Finding` as it goes into JSON."""

    model_config = ConfigDict(frozen=True)

    level: Level
    code: str
    problem: Words
    fix: Words = ""


class Examination(BaseModel):
    """What was found in one scan.

    Attributes
    ----------
    path : str
        What was examined.
    readable : bool
        Whether voxels could be read at all; if not, the grid below is None.
    shape : tuple of int or None
        Voxels along the three axes.
    voxel_size_mm, extent_mm : tuple of float or None
        Edges of a voxel along the three axes; field of view left–right, back–front and down–up.
    orientation : str or None
        Direction of the three axes, e.g. ``"LAS"``.
    findings : tuple of ExaminedFinding
        The worst first.
    """

    model_config = ConfigDict(frozen=True)

    path: Words
    readable: bool
    shape: tuple[int, int, int] | None = None
    voxel_size_mm: tuple[float, float, float] | None = None
    extent_mm: tuple[float, float, float] | None = None
    orientation: str | None = None
    findings: tuple[ExaminedFinding, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.level is not Level.ERROR for finding in self.findings)


def examine(path: Path, assume_orientation: str | None = None, series: str | None = None) -> Examination:
    """Read a scan and gather every finding; a file that cannot be read is a finding too.

    Parameters
    ----------
    path, assume_orientation, series
        As `brainstem_app.imaging.reading.read_scan` takes them.

    Returns
    -------
    Examination
        Also for files that are missing, damaged or no scans; nothing is raised for them.
    """
    from brainstem_app.imaging.reading import read_scan

    try:
        return examination_of(path, read_scan(path, assume_orientation, series))
    except InputError as error:
        return refused(path, error)


def examination_of(path: Path, scan: Scan) -> Examination:
    """Return the examination of a scan that was read."""
    from brainstem_app.imaging.orientation import axis_letters
    from brainstem_app.imaging.voxel_checks import extent_mm

    return Examination(
        path=str(path),
        readable=True,
        shape=scan.shape,
        voxel_size_mm=scan.voxel_size_mm,
        extent_mm=extent_mm(scan),
        orientation="".join(axis_letters(scan.affine)),
        findings=tuple(map(_examined, worst_first(scan.findings))),
    )


def refused(path: Path, error: InputError) -> Examination:
    """Return the examination of what is no scan, or cannot be read, for the reason that an error says."""
    code = getattr(error, "code", "input-invalid")
    finding = ExaminedFinding(level=Level.ERROR, code=code, problem=error.what, fix=error.fix)
    return Examination(path=str(path), readable=False, findings=(finding,))


def _examined(finding: Finding) -> ExaminedFinding:
    return ExaminedFinding.model_validate(finding, from_attributes=True)
