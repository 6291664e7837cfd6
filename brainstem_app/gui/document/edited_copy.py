"""Save edited labels beside the original: never over it, nor over an earlier copy."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from brainstem_app.counting import listed
from brainstem_app.errors import BrainstemError
from brainstem_app.imaging.edited_version import (
    EDITED_MARK,
    latest_edit,
    original_of,
    without_mark,
    write_edit_record,
)
from brainstem_app.imaging.file_names import file_stem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.gui.document.label_edit import LabelEdit
    from brainstem_app.gui.document.opened import OpenedLabels

_MNI_CODE = 4


@dataclass(frozen=True, eq=False)
class EditedLabels:
    """What is to be saved.

    Attributes
    ----------
    original : Path
        File that was opened.
    labels : ndarray of uint8, shape (Z, Y, X)
        Edited labels in the viewer's order.
    table : LabelTable
    voxels_before, voxels_after : sequence of int, length 256
        Voxels of each label in the original and in the copy.
    sha256 : str
        Hash of the original when it was opened; it may be another file by now.
    """

    original: Path
    labels: NDArray[np.uint8]
    table: LabelTable
    voxels_before: Sequence[int]
    voxels_after: Sequence[int]
    sha256: str = ""

    @property
    def erased(self) -> tuple[str, ...]:
        """Nuclei that were erased, if most were; InputError if all were."""
        from brainstem_app.atlas.erased import mostly_erased

        return mostly_erased(self.table, self.voxels_before, self.voxels_after, self.original)


def edited_now(edit: LabelEdit, opened: OpenedLabels) -> EditedLabels:
    """Return a copy of the edits as they are now, for a thread to save."""
    counts = edit.first_counts.tolist(), edit.counts.tolist()
    return EditedLabels(opened.path, edit.volume.labels.copy(), opened.table, *counts, opened.sha256)


def save_and_tell(edited: EditedLabels) -> tuple[Path, str, bool]:
    """Save as `save_edited_copy`; return the copy, what to say of it, and whether that is a warning."""
    path = save_edited_copy(edited)
    told = [f"The edited labels are saved as {path.name}; the original is as it was."]
    if edited.erased:
        told.append(f"Of most nuclei nothing is left: {listed(edited.erased)}.")
    current = latest_edit(original_of(path))
    if current is None or current.path != path:
        told[0] = f"The edited labels are saved as {path.name}."
        told.append(
            "The label map that they were drawn on is another one now: they are of the one before, and do "
            "not count in its place."
        )
    return path, " ".join(told), len(told) > 1


def save_edited_copy(edited: EditedLabels) -> Path:
    """Write ``NAME_edited.nii.gz`` (or ``NAME_edited-2.nii.gz``, …) and, as ``….json``, what was changed.

    The copy lies on exactly the original's grid and affine.

    Returns
    -------
    Path
        The new label map.

    Raises
    ------
    BrainstemError
        If no nucleus is left, the original is gone or is another one now, or the copy cannot be written.
    """
    from brainstem_app.imaging.label_map import save_label_map
    from brainstem_app.imaging.orientation import from_canonical

    _ = edited.erased  # refuses that all is
    if not edited.original.is_file():
        edited = _of_first(edited)
    affine, shape, space = _grid_of(edited.original)
    native = from_canonical(edited.labels.transpose(2, 1, 0), affine)
    if native.shape != shape:
        raise BrainstemError(
            "The original label map is another one now, so the edited labels do not fit it.",
            edited.original,
            "Put the file back that was opened, then save again.",
        )
    try:
        with _new_file(edited.original) as target:
            save_label_map(target, native, affine, space=space)
            names = {s.index: s.name for s in edited.table.structures}
            counts = edited.voxels_before, edited.voxels_after
            write_edit_record(target, edited.original, *counts, names, edited.sha256)
    except OSError as error:
        raise BrainstemError(
            f"The edited labels could not be saved: {error.strerror or error}.",
            edited.original.parent,
            "Make room on the disk, or ask for the right to write there; your edits are still open.",
        ) from error
    return target


def _of_first(edited: EditedLabels) -> EditedLabels:
    """Return the same as edits of the result's first labels, where the copy that was opened was put aside."""
    from brainstem_app.imaging.label_map import load_label_map

    first = original_of(edited.original)
    if first == edited.original or not first.is_file():
        raise BrainstemError(
            "The label map that was opened is not there any more.",
            edited.original,
            "Put its folder back where it was, then save again; your edits are still open.",
        )
    before = np.bincount(load_label_map(first)[0].ravel(), minlength=len(edited.voxels_before)).tolist()
    return replace(edited, original=first, voxels_before=before, sha256="")


@contextmanager
def _new_file(original: Path) -> Iterator[Path]:
    """Reserve a name beside the original that nothing has; give it back if the writing fails."""
    stem = without_mark(file_stem(original))  # the copy of a copy is the next copy
    for number in range(1, 10_000):
        name = stem + EDITED_MARK + ("" if number == 1 else f"-{number}")
        target = original.with_name(f"{name}.nii.gz")
        try:
            target.touch(exist_ok=False)
        except FileExistsError:
            continue
        break
    else:
        raise FileExistsError(original.parent)
    try:
        yield target
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _grid_of(original: Path) -> tuple[NDArray[np.float64], tuple[int, int, int], Any]:
    from brainstem_app.imaging.header_checks import check_header
    from brainstem_app.imaging.scan_file import open_scan_file

    with open_scan_file(original) as opened:
        affine = check_header(opened).affine
        header = opened.image.header
        is_mni = "sform_code" in header and int(header["sform_code"]) == _MNI_CODE
        return affine, opened.shape, "mni" if is_mni else "native"
