"""Series of a DICOM folder, each taken apart into the single volumes that it holds."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brainstem_app.counting import counted
from brainstem_app.imaging.dicom.headers import DicomImage, SeriesIdentity, dicom_files, read_images
from brainstem_app.imaging.dicom.volumes import each_once, take_apart
from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.imaging.unreadable import UnreadableScanError

_SCOUT_SHARE = 0.25
_MOST_NAMED = 12


@dataclass(frozen=True)
class DicomSeries:
    """One volume of a DICOM folder: a series, or one of several volumes that share a series.

    Attributes
    ----------
    number, description : str
        As the scanner wrote them, e.g. ``"4"`` and ``"t1_mprage"``; nothing that names the patient.
    key : str
        Long number, unique in the folder.
    part : str
        What sets the volume apart from others of its series, e.g. ``"echo time 2.98 ms"``; mostly empty.
    images : int
        How many images it has.
    mark : str
        Shortest text that chooses it, as in ``FOLDER#MARK``: its number, else its key.
    """

    number: str
    description: str
    key: str
    part: str = ""
    images: int = 0
    mark: str = ""

    def __str__(self) -> str:
        words = ", ".join(filter(None, (self.description, self.part)))
        return f"{self.number} ({words})" if words else self.number


@dataclass(frozen=True, eq=False)
class DicomVolume:
    """The images of one volume, and how it is called.

    Attributes
    ----------
    series : DicomSeries
        Its name.
    images : tuple of DicomImage
        Its slices, each place once.
    is_main : bool
        Whether it is what the series was made for: no scout, no phase beside a magnitude.
    findings : tuple of Finding
        What was found when the series was taken apart.
    """

    series: DicomSeries
    images: tuple[DicomImage, ...]
    is_main: bool
    findings: tuple[Finding, ...] = ()


def list_series(path: Path) -> list[DicomSeries]:
    """Series in a DICOM folder, or the series of one DICOM file, in the order of their numbers.

    Scouts and phase images that share the series of a scan are left out; see `choose_volume`.

    Raises
    ------
    UnreadableScanError
        If there is no DICOM image.
    """
    return [volume.series for volume in read_volumes(path) if volume.is_main]


def choose_volume(path: Path, wanted: str | None = None) -> DicomVolume:
    """Choose one volume of a DICOM folder, or the one that a DICOM file belongs to.

    Parameters
    ----------
    wanted : str, optional
        Number, description or key of the series; needed when the folder holds several.

    Raises
    ------
    UnreadableScanError
        If there is no DICOM image, or the choice is open.
    """
    volumes = read_volumes(path)
    main = [volume for volume in volumes if volume.is_main]
    if wanted is None:
        chosen = main
        if len(main) > 1:
            text = f"The folder holds {len(main)} series: {_names(main)}."
            raise _open_choice(path, text, main)
    else:
        chosen = _called(wanted, volumes)
        if len(chosen) > 1:
            text = f"{len(chosen)} series are called {wanted}: {_names(chosen)}."
            raise _open_choice(path, text, chosen)
    if not chosen:
        raise UnreadableScanError(
            "series-missing",
            f"There is no series {wanted}; there are: {_names(main)}.",
            path,
            "Choose one of these.",
        )
    told: tuple[Finding, ...] = ()
    if len(main) > 1:
        text = f"Series {chosen[0].series} was read, one of {len(main)} in the folder."
        told = (Finding(Level.INFO, "dicom-series-chosen", text),)
    return replace(chosen[0], findings=(*told, *chosen[0].findings))


def read_volumes(path: Path) -> tuple[DicomVolume, ...]:
    """All volumes of a DICOM folder, or those that one DICOM file belongs to.

    Raises
    ------
    UnreadableScanError
        If there is no DICOM image.
    """
    by_series: dict[SeriesIdentity, list[DicomImage]] = {}
    unreadable: list[Path] = []
    for file in dicom_files(path if path.is_dir() else path.parent):
        images = read_images(file)
        if images is None:
            unreadable.append(file)
        for image in images or ():
            by_series.setdefault(image.series, []).append(image)
    if path.is_file():
        by_series = {
            identity: images
            for identity, images in by_series.items()
            if any(image.path.name == path.name and image.path.samefile(path) for image in images)
        }
    if not by_series:
        raise _no_image(path, unreadable)
    damaged = _damaged(unreadable)
    volumes = [
        replace(volume, findings=(*volume.findings, *damaged))
        for images in by_series.values()
        for volume in _volumes_of(images)
    ]
    return tuple(sorted(_marked(volumes), key=_order))


def _order(volume: DicomVolume) -> tuple[bool, int, str]:
    number = volume.series.number
    return not number.isdigit(), int(number) if number.isdigit() else 0, volume.series.key


def _no_image(path: Path, unreadable: Sequence[Path]) -> UnreadableScanError:
    where = "lies in this folder" if path.is_dir() else "can be read from this file"
    what = f"No DICOM image {where}."
    if unreadable:
        what = f"No DICOM image {where}: {_damaged_text(unreadable)}."
    elif path.is_file():
        what = "This DICOM file holds no image: it is an index (DICOMDIR) or a report."
    return UnreadableScanError(
        "folder-without-dicom",
        what,
        path,
        "Give the folder of the DICOM series or of a BIDS dataset, or a NIfTI or MGZ file.",
    )


def _damaged(unreadable: Sequence[Path]) -> tuple[Finding, ...]:
    if not unreadable:
        return ()
    problem = f"In the folder, {_damaged_text(unreadable)}; slices may be missing."
    return (Finding(Level.WARNING, "dicom-files-damaged", problem, "Copy or export the series again."),)


def _damaged_text(unreadable: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in unreadable[:3]) + (", …" if len(unreadable) > 3 else "")
    files = "one DICOM file is" if len(unreadable) == 1 else f"{len(unreadable)} DICOM files are"
    return f"{files} damaged ({names})"


def _names(volumes: Sequence[DicomVolume]) -> str:
    names = [
        str(series) if series.mark == series.number else f"{series} = {series.mark}"
        for series in (volume.series for volume in volumes[:_MOST_NAMED])
    ]
    more = len(volumes) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _open_choice(path: Path, what: str, volumes: Sequence[DicomVolume]) -> UnreadableScanError:
    folder = path if path.is_dir() else path.parent
    fix = f"Choose one by its number, e.g. {folder.name}#{volumes[0].series.mark}."
    return UnreadableScanError("several-series", what, path, fix)


def _called(wanted: str, volumes: Sequence[DicomVolume]) -> list[DicomVolume]:
    """Volumes of this name; of those that share a series the main ones, unless one's own key is given."""
    text = wanted.strip().casefold()
    exact = [v for v in volumes if v.series.key.casefold() == text]
    if exact:
        return exact
    names: tuple[Callable[[DicomSeries], str], ...] = (
        lambda series: series.key.partition("-")[0],
        lambda series: series.number,
        lambda series: series.description,
    )
    for name in names:
        found = [v for v in volumes if name(v.series).casefold() in (text, _one_word(text))]
        if found:
            return [v for v in found if v.is_main]
    return []


def _one_word(text: str) -> str:
    """Text that needs no quotes in a shell and may stand in a file's name."""
    return re.sub(r"[^\w.+=-]+", "_", text.strip())


def _marked(volumes: list[DicomVolume]) -> list[DicomVolume]:
    """Give every volume a key of its own, and the shortest text that chooses it."""
    keys = Counter(v.series.key for v in volumes)
    numbers = Counter(v.series.number for v in volumes if v.is_main)
    used: Counter[str] = Counter()
    marked = []
    for volume in volumes:
        series = volume.series
        used[series.key] += 1
        key = f"{series.key}-{used[series.key]}" if keys[series.key] > 1 else series.key
        mark = series.number if volume.is_main and numbers[series.number] == 1 else key
        marked.append(replace(volume, series=replace(series, key=key, mark=mark)))
    return marked


def _volumes_of(images: list[DicomImage]) -> list[DicomVolume]:
    groups = take_apart(images)
    has_magnitude = any(not found[0].traits["part"] for _, found in groups)
    largest = max(len(found) for _, found in groups)
    volumes = []
    for part, found in groups:
        is_scout = len(found) < _SCOUT_SHARE * largest
        is_main = not is_scout and not (has_magnitude and found[0].traits["part"])
        kept = each_once(found)
        first = found[0]
        # dcm2niix numbers a series so; folders with such numbers are in lists that users have saved.
        key = str(zlib.crc32(first.series.uid.encode("ascii", "replace")))
        name = DicomSeries(first.series.number, _one_word(first.description), key, part, len(kept))
        volumes.append(DicomVolume(name, tuple(kept), is_main, _twice(len(found) - len(kept))))
    numbers = {image.number for image in images}
    left_out = _left_out([volume for volume in volumes if not volume.is_main])
    return [
        replace(v, findings=(*v.findings, *left_out, *_missing(v.images, numbers))) if v.is_main else v
        for v in volumes
    ]


def _twice(count: int) -> tuple[Finding, ...]:
    if not count:
        return ()
    problem = f"{count} of the images are there twice; each was used once."
    return (Finding(Level.INFO, "dicom-images-twice", problem),)


def _left_out(others: Sequence[DicomVolume]) -> tuple[Finding, ...]:
    if not others:
        return ()
    words = ", ".join(f"{v.series.part}: {v.series.images}" for v in others)
    problem = f"Images that share the series with the scan were left out ({words})."
    only_parts = all(v.images[0].traits["part"] for v in others)
    return (Finding(Level.INFO if only_parts else Level.WARNING, "dicom-images-left-out", problem),)


def _missing(images: Sequence[DicomImage], numbers: set[int | None]) -> tuple[Finding, ...]:
    """Whether a number between those of a volume's images is missing in the whole series."""
    own = {image.number for image in images if image.frame is None and image.number is not None}
    missing = set(range(min(own, default=0), max(own, default=0))) - numbers
    if not missing:
        return ()
    problem = (
        f"Of the images {min(own)} to {max(own)}, {counted(len(missing), 'is', 'are')} missing: slices "
        "between those that are there, or at the end of the scan."
    )
    again = "Export the complete series from the scanner or archive again."
    return (Finding(Level.WARNING, "dicom-images-missing", problem, again),)
