"""One DICOM volume as a NIfTI file, by dcm2niix."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.imaging.dicom.contrast import contrast_findings
from brainstem_app.imaging.dicom.placement import PlacedVolume, place_volume
from brainstem_app.imaging.dicom.series import DicomSeries, choose_volume
from brainstem_app.imaging.dicom.staging import stage_volume
from brainstem_app.imaging.dicom.temporary import conversion_folder
from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.imaging.unreadable import UnreadableScanError

TIME_LIMIT_S = 600.0
_PARTS_OF_A_SIGNAL = {
    "_ph": "phase",
    "_real": "real part",
    "_imaginary": "imaginary part",
    "_fieldmaphz": "field map",
}
_EVEN = ("_Eq", "_Eq_1", "_Tilt_1", "_Tilt_Eq_1")
_CHATTER = re.compile(
    r"Chris Rorden|Defaults ignored|Found \d+ DICOM|Convert \d+ DICOM|Conversion required|::autoBids|"
    r"Siemens MoCo|Empty protocol|^\s*$"
)
_MOST_LINES = 3
_BYTES_A_VOXEL = 2
_MB = 1e6


@dataclass(frozen=True)
class ConvertedSeries:
    """A series as a NIfTI file.

    Attributes
    ----------
    path : Path
        The file.
    series : DicomSeries
        The series it is.
    letters : str or None
        Where columns, rows and slices run if the user or a guess says it; None if the headers do.
    findings : tuple of Finding
        What was found on the way; one of level ``error`` forbids to use the file.
    """

    path: Path
    series: DicomSeries
    letters: str | None
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


def convert_series(
    path: Path, out_folder: Path, series: str | None = None, assume_orientation: str | None = None
) -> ConvertedSeries:
    """Convert one DICOM series to a NIfTI file without the patient's name or dates in it.

    Parameters
    ----------
    path : Path
        Folder that holds the series, or one file of it.
    out_folder : Path
        Existing, empty folder; the caller removes it.
    series : str, optional
        Number, description or key of the series; needed when the folder holds several.
    assume_orientation : str, optional
        Where columns, rows and slices run, e.g. ``"LPS"``; used only where the headers do not say it.

    Returns
    -------
    ConvertedSeries
        The file, the series, and findings such as missing images.

    Raises
    ------
    UnreadableScanError
        If there is no DICOM image, the choice is open, the series is no single volume, or dcm2niix fails.
    OSError
        If the temporary folder cannot be used.
    """
    volume = place_volume(choose_volume(path, series), path, assume_orientation)
    with conversion_folder() as staged:
        sources = stage_volume(volume, staged)
        # -m y: images that are turned by a hair are one volume all the same; place_volume has judged.
        merge = ["-m", "y"] if any(f.code == "dicom-orientation-varies" for f in volume.findings) else []
        options = ["-f", "scan", "-z", "n", *merge, "-o", str(out_folder), str(staged)]
        said = _run_dcm2niix(options, path, sources)
    file, found = _pick_volume(sorted(out_folder.glob("*.nii")), volume, said, path)
    letters = None if volume.stated is None else volume.stated.letters
    named = contrast_findings(volume.images[0].contrast, volume.series)
    return ConvertedSeries(file, volume.series, letters, (*named, *volume.findings, *found))


@dataclass(frozen=True)
class _Said:
    """Exit status of dcm2niix, and its words without what it always says."""

    status: int
    words: str

    def __str__(self) -> str:
        status = f"exit status {self.status}"
        return f"dcm2niix, {status}: {self.words}" if self.words else f"dcm2niix said nothing, {status}"


def _pick_volume(
    files: Sequence[Path], volume: PlacedVolume, said: _Said, path: Path
) -> tuple[Path, tuple[Finding, ...]]:
    even = [file for file in files if file.stem.endswith(_EVEN)]
    whole = even or [f for f in files if not any(part in f.stem for part in _PARTS_OF_A_SIGNAL)]
    if not whole:
        raise _no_volume(files, volume, said, path)
    if len(whole) > 1:
        raise UnreadableScanError(
            "several-volumes",
            f"Series {volume.series} became {len(whole)} volumes; one is needed ({said}).",
            path,
            "Choose the series of the T1-weighted scan itself.",
        )
    missing = len(volume.images) - _slices(whole[0])
    if missing > 0 and not even:
        raise UnreadableScanError(
            "series-not-a-volume",
            f"{missing} of the {len(volume.images)} images of series {volume.series} were not converted "
            f"({said}).",
            path,
            "Export the series from the scanner or archive again.",
        )
    return whole[0], tuple(_conversion_findings(whole[0], said, volume))


def _no_volume(files: Sequence[Path], volume: PlacedVolume, said: _Said, path: Path) -> UnreadableScanError:
    parts = [name for mark, name in _PARTS_OF_A_SIGNAL.items() if any(mark in f.stem for f in files)]
    if parts:
        return UnreadableScanError(
            "series-not-a-volume",
            f"Series {volume.series} holds only the {' and the '.join(parts)} of the signal, no magnitude.",
            path,
            "Choose the series of the T1-weighted scan itself.",
        )
    temporary = Path(tempfile.gettempdir())
    rows, columns = volume.images[0].matrix
    needed = rows * columns * len(volume.images) * _BYTES_A_VOXEL
    free = shutil.disk_usage(temporary).free
    if "disk full" in said.words or free < needed:
        return UnreadableScanError(
            "temporary-folder-full",
            f"The temporary folder has no room for the converted series: {free / _MB:.1f} MB are free, "
            f"{needed / _MB:.1f} MB are needed ({said}).",
            temporary,
            "Make room there, or name another folder in the environment variable TMPDIR (Windows: TEMP).",
        )
    return UnreadableScanError(
        "series-not-a-volume",
        f"Series {volume.series} could not be made a volume ({said}).",
        path,
        "Choose another series, or export the series from the scanner or archive again.",
    )


def _slices(file: Path) -> int:
    """Slices of all volumes in a NIfTI file."""
    import nibabel

    return math.prod(nibabel.Nifti1Image.from_filename(file).shape[2:])


def _conversion_findings(file: Path, said: _Said, volume: PlacedVolume) -> list[Finding]:
    again = "Export the complete series from the scanner or archive again."
    found = []
    is_told = any(finding.code == "dicom-slices-missing" for finding in volume.findings)
    if "_Eq" in file.stem and not is_told:
        problem = "The distance between the slices varies; the scan was interpolated to even slices."
        found.append(Finding(Level.WARNING, "dicom-slices-uneven", problem, again))
    if said.status != 0:
        problem = f"The converter of DICOM was not content with the series ({said})."
        found.append(Finding(Level.WARNING, "dicom-converter-warned", problem, again))
    return found


def _run_dcm2niix(options: list[str], path: Path, sources: Mapping[Path, Path]) -> _Said:
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
    return _Said(done.returncode, _own_words(output, sources))


def _own_words(output: str, sources: Mapping[Path, Path]) -> str:
    """Leave of dcm2niix' words what concerns this series, errors first; files get the user's names."""
    for staged, source in sources.items():
        output = output.replace(str(staged), source.name)
    lines = dict.fromkeys(line.strip() for line in output.splitlines() if not _CHATTER.search(line))
    ranked = sorted(lines, key=lambda line: not line.startswith("Error"))
    more = len(ranked) - _MOST_LINES
    return "; ".join(ranked[:_MOST_LINES]) + (f"; and {more} more lines" if more > 0 else "")
