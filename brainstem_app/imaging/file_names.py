"""Names of scan files: their endings, in capitals or not, and the two files of a NIfTI pair."""

from __future__ import annotations

from pathlib import Path

NIFTI_ENDINGS = (".nii.gz", ".nii")
#: Endings of files that hold a scan each.
LOOSE_ENDINGS = (*NIFTI_ENDINGS, ".mgz", ".mgh.gz", ".mgh")
HEADER_ENDINGS, IMAGE_ENDINGS = (".hdr.gz", ".hdr"), (".img.gz", ".img")
_SCAN_ENDINGS = (*LOOSE_ENDINGS, *HEADER_ENDINGS, *IMAGE_ENDINGS, ".dcm", ".ima")


def has_ending(path: Path, endings: tuple[str, ...]) -> bool:
    """Whether a file's name ends so, in capitals or not."""
    return path.name.casefold().endswith(endings)


def file_stem(path: Path) -> str:
    """File name without the ending of a scan: ``a.b.nii.gz`` gives ``a.b``."""
    lower = path.name.casefold()
    ending = next((e for e in _SCAN_ENDINGS if lower.endswith(e)), "")
    return path.name[: len(path.name) - len(ending)] or path.name


def pair_header(path: Path) -> Path | None:
    """Header of the pair that an ``.img`` belongs to; None if it has none, or the path is no ``.img``."""
    return _partner(path, IMAGE_ENDINGS, HEADER_ENDINGS)


def pair_image(path: Path) -> Path | None:
    """Voxels of the pair that an ``.hdr`` belongs to; None if it has none, or the path is no ``.hdr``."""
    return _partner(path, HEADER_ENDINGS, IMAGE_ENDINGS)


def _partner(path: Path, own: tuple[str, ...], others: tuple[str, ...]) -> Path | None:
    if not has_ending(path, own) or not path.parent.is_dir():
        return None
    stem = file_stem(path)
    wanted = {stem.casefold() + ending for ending in others}
    found = [file for file in path.parent.iterdir() if file.name.casefold() in wanted and file.is_file()]
    # A name of the very same letters first, where upper and lower case make two files.
    return min(found, key=lambda file: (file_stem(file) != stem, file.name), default=None)
