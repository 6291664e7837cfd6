"""DICOM folders: list their series, and convert one with dcm2niix."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.imaging.unreadable import UnreadableScanError

TIME_LIMIT_S = 600.0
_SEARCH_LIMIT = 2000
_LISTED = re.compile(r"^\s*(\d{4,})\t(.+)$")
_FRAME_POSITION = re.compile(r"Patient Position 0020,0032 \(#,@,X,Y,Z\)\t(\d+)\t\d+\t(\S+)\t(\S+)\t(\S+)")
_LARGEST_GAP = 1.5
_PARTS_OF_A_SIGNAL = ("_ph", "_real", "_imaginary", "_ROI")


@dataclass(frozen=True)
class DicomSeries:
    """One series of a DICOM folder.

    Attributes
    ----------
    number, description : str
        As the scanner wrote them, e.g. ``"4"`` and ``"t1_mprage"``; nothing that names the patient.
    key : str
        dcm2niix' own number of the series, unique in the folder.
    """

    number: str
    description: str
    key: str

    def __str__(self) -> str:
        return f"{self.number} ({self.description})" if self.description else self.number


@dataclass(frozen=True)
class ConvertedSeries:
    """A series as a NIfTI file: the file, the series it is, and what was found on the way."""

    path: Path
    series: DicomSeries
    findings: tuple[Finding, ...]


def split_series(path: Path) -> tuple[Path, str | None]:
    """Take ``FOLDER#SERIES`` apart; a path that exists as it is has no series.

    Examples
    --------
    >>> split_series(Path("exam#4"))
    (PosixPath('exam'), '4')
    """
    folder, mark, series = path.name.rpartition("#")
    if not mark or not folder or path.exists():
        return path, None
    return path.with_name(folder), series


def is_dicom_file(path: Path) -> bool:
    """Whether a file is DICOM, by its content; False for what cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def holds_dicom(folder: Path) -> bool:
    """Whether a DICOM file lies in a folder or below it (the first 2000 files are looked at)."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return any(is_dicom_file(path) for path in islice(files, _SEARCH_LIMIT))


def list_series(path: Path) -> list[DicomSeries]:
    """Series in a DICOM folder, or the series of one DICOM file, in the order of their numbers.

    Raises
    ------
    UnreadableScanError
        If there is no DICOM file, or dcm2niix does not end.
    """
    single = ["-s", "y"] if path.is_file() else []
    with _plain_path(path) as readable:
        output = _run_dcm2niix(["-n", "-1", "-f", "%s_%d", *single, str(readable)], path)
    found = []
    for line in output.splitlines():
        match = _LISTED.match(line)
        if match:
            number, _, description = re.split(r"[\\/]", match.group(2).strip())[-1].partition("_")
            found.append(DicomSeries(number, description, match.group(1)))
    if not found:
        raise _no_dicom(path)
    return sorted(
        set(found), key=lambda s: (not s.number.isdigit(), int(s.number) if s.number.isdigit() else 0)
    )


def convert_series(path: Path, out_folder: Path, series: str | None = None) -> ConvertedSeries:
    """Convert one DICOM series to a NIfTI file without the patient's name or dates in it.

    Parameters
    ----------
    path : Path
        Folder that holds the series, or one file of it.
    out_folder : Path
        Existing, empty folder; the caller removes it.
    series : str, optional
        Number, description or key of the series; needed when the folder holds several.

    Returns
    -------
    ConvertedSeries
        The file, the series, and findings such as missing images.

    Raises
    ------
    UnreadableScanError
        If there is no DICOM file, the choice is open, or the series is no single volume.
    """
    found = list_series(path)
    chosen = _choose(path, found, series)
    folder = path.parent if path.is_file() else path
    with _plain_path(folder) as readable:
        # -v 2 names the position of every frame of an enhanced file.
        naming = ["-n", chosen.key, "-f", "scan", "-z", "n", "-v", "2"]
        options = [*naming, "-o", str(out_folder), str(readable)]
        output = _run_dcm2niix(options, path)
    file, findings = _pick_volume(sorted(out_folder.glob("*.nii")), output, chosen, path)
    if len(found) > 1:
        told = f"Series {chosen} was read, one of {len(found)} in the folder."
        findings = (Finding(Level.INFO, "dicom-series-chosen", told), *findings)
    return ConvertedSeries(file, chosen, findings)


def choose_series(path: Path, series: str | None = None) -> DicomSeries:
    """Series that `convert_series` converts from the same path; raises as it does."""
    return _choose(path, list_series(path), series)


def _choose(path: Path, found: list[DicomSeries], wanted: str | None) -> DicomSeries:
    names = ", ".join(str(s) for s in found)
    if wanted is None:
        if len(found) == 1:
            return found[0]
        raise UnreadableScanError(
            "several-series",
            f"The folder holds {len(found)} series: {names}.",
            path,
            f"Choose one by its number, e.g. {path.name}#{found[0].number}.",
        )
    text = wanted.strip().casefold()
    for field in ("key", "number", "description"):
        matching = [s for s in found if str(getattr(s, field)).casefold() == text]
        if len(matching) == 1:
            return matching[0]
        if matching:
            keys = ", ".join(f"{s} = {s.key}" for s in matching)
            raise UnreadableScanError(
                "several-series",
                f"{len(matching)} series are called {wanted}: {keys}.",
                path,
                f"Choose one by its long number, e.g. {path.name}#{matching[0].key}.",
            )
    raise UnreadableScanError(
        "series-missing", f"There is no series {wanted}; there are: {names}.", path, "Choose one of these."
    )


def _pick_volume(
    files: list[Path], output: str, series: DicomSeries, path: Path
) -> tuple[Path, tuple[Finding, ...]]:
    even = [f for f in files if f.stem.endswith(("_Eq_1", "_Eq", "_Tilt_1", "_Tilt_Eq_1"))]
    files = even or [f for f in files if not any(part in f.stem for part in _PARTS_OF_A_SIGNAL)]
    if not files:
        raise UnreadableScanError(
            "series-not-a-volume",
            f"Series {series} could not be made a volume.",
            path,
            "Choose another series, or export the series from the scanner or archive again.",
        )
    if len(files) > 1:
        raise UnreadableScanError(
            "several-volumes",
            f"Series {series} holds {len(files)} volumes; one is needed.",
            path,
            "Choose the series of the T1-weighted scan itself.",
        )
    return files[0], _conversion_findings(output)


def _conversion_findings(output: str) -> tuple[Finding, ...]:
    uneven = "Interslice distance varies" in output
    missing = "Missing images" in output
    again = "Export the complete series from the scanner or archive again."
    if (uneven and missing) or _lacks_frames(output):
        problem = "Slices of the series are missing, so that there is a gap in the scan."
        return (Finding(Level.ERROR, "dicom-slices-missing", problem, again),)
    if uneven:
        problem = "The distance between the slices varies; the scan was interpolated to even slices."
        return (Finding(Level.WARNING, "dicom-slices-uneven", problem, again),)
    if missing:
        problem = "The numbers of the images have gaps: some may be missing at the end of the scan."
        return (Finding(Level.WARNING, "dicom-images-missing", problem, again),)
    return ()


def _lacks_frames(output: str) -> bool:
    """Whether slices are missing between the frames of an enhanced file, of which dcm2niix does not warn."""
    positions: list[list[float]] = []
    for number, *position in _FRAME_POSITION.findall(output):
        if number == "1":
            positions.clear()
        positions.append([float(value) for value in position])
    if len(positions) < 3:
        return False
    points = np.array(positions)
    farthest = points[np.argmax(np.linalg.norm(points - points[0], axis=1))]
    direction = farthest - points[np.argmax(np.linalg.norm(points - farthest, axis=1))]
    if not direction.any():
        return False
    heights = np.unique(np.round(points @ direction / np.linalg.norm(direction), 2))
    gaps = np.diff(heights)
    return bool(gaps.max() > _LARGEST_GAP * np.median(gaps))


def _run_dcm2niix(options: list[str], path: Path) -> str:
    import dcm2niix

    # -b n: no side files with names and dates; -g i: no settings of this user's own dcm2niix.
    command = [dcm2niix.bin, "-g", "i", "-b", "n", *options]
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIME_LIMIT_S,
            check=False,
            creationflags=flags,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableScanError(
            "dicom-too-slow",
            f"The DICOM files were not converted within {TIME_LIMIT_S / 60:.0f} minutes.",
            path,
            "Give the folder of the one series rather than of the whole archive.",
        ) from error
    except OSError as error:
        raise UnreadableScanError(
            "dicom-converter-missing",
            f"dcm2niix, which converts DICOM, cannot be started: {error.strerror}.",
            path,
            "Install Brainstem App again, or convert the scan to NIfTI yourself.",
        ) from error
    output = done.stdout.decode("utf-8", errors="replace")
    if "Unable to find any DICOM" in output:
        raise _no_dicom(path)
    return output


def _no_dicom(path: Path) -> UnreadableScanError:
    return UnreadableScanError(
        "folder-without-dicom",
        "No DICOM image lies in this folder."
        if path.is_dir()
        else "No DICOM image can be read from this file.",
        path,
        "Give the folder of the DICOM series or of a BIDS dataset, or a NIfTI or MGZ file.",
    )


@contextmanager
def _plain_path(path: Path) -> Iterator[Path]:
    """Path that dcm2niix can open: on Windows it knows no letters beyond the system's own."""
    if sys.platform != "win32" or str(path.absolute()).isascii():
        yield path.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="brainstem-dicom-", ignore_cleanup_errors=True) as name:
        copy = Path(name) / "series"
        if path.is_dir():
            shutil.copytree(path, copy)
        else:
            copy.mkdir()
            copy = Path(shutil.copy(path, copy / "image.dcm"))
        yield copy
