"""The label table in the forms of other programs, to load beside a label map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from brainstem_app.atlas.label_table import LabelTable, Structure
from brainstem_app.imaging.atomic import write_text

_ITK_SNAP_HEAD = """\
################################################
# ITK-SnAP Label Description File
# File format:
# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL
# Where:
#    IDX:   Zero-based index
#    -R-:   Red color component (0..255)
#    -G-:   Green color component (0..255)
#    -B-:   Blue color component (0..255)
#    -A-:   Label transparency (0.00 .. 1.00)
#    VIS:   Label visibility (0 or 1)
#    MSH:   Label mesh visibility (0 or 1)
#  LABEL:   Label description
################################################
"""


def itk_snap_labels(table: LabelTable) -> str:
    """Label description of ITK-SNAP (Segmentation > Import Label Descriptions)."""
    return _ITK_SNAP_HEAD + _lines(table, _itk_snap_line)


def freesurfer_colours(table: LabelTable) -> str:
    """Colour table of FreeSurfer, as ``FreeSurferColorLUT.txt``; its last number, of transparency, is 0."""
    return f"{'#No.':<5}{'Label Name:':<24}  R   G   B   A\n" + _lines(table, _freesurfer_line)


def slicer_colours(table: LabelTable) -> str:
    """Colour file of 3D Slicer (``.ctbl``); the background is transparent."""
    return f"# Color table file of {table.n_classes} values\n" + _lines(table, _slicer_line)


LABEL_FILES: dict[str, Callable[[LabelTable], str]] = {
    "labels_itksnap.txt": itk_snap_labels,
    "labels_freesurfer.txt": freesurfer_colours,
    "labels_slicer.ctbl": slicer_colours,
}


def write_label_files(folder: Path, table: LabelTable, beginning: str = "labels") -> None:
    """Write the files of `LABEL_FILES` into a folder, each whole or not at all.

    `beginning` stands in their names for ``labels``.
    """
    for name, text in LABEL_FILES.items():
        write_text(folder / name.replace("labels", beginning, 1), text(table))


def _lines(table: LabelTable, line: Callable[[Structure], str]) -> str:
    return "".join(f"{line(structure)}\n" for structure in table.structures)


def _itk_snap_line(structure: Structure) -> str:
    red, green, blue = structure.rgb
    shown = int(structure.index > 0)
    name = "Clear Label" if structure.index == 0 else structure.name.replace('"', "'")
    return f'{structure.index:5d}{red:6d}{green:5d}{blue:5d}{shown:9d}{shown:3d}{shown:3d}    "{name}"'


def _freesurfer_line(structure: Structure) -> str:
    red, green, blue = structure.rgb
    name = "Unknown" if structure.index == 0 else _one_word(structure.name)
    return f"{structure.index:<5d}{name:<24}{red:3d} {green:3d} {blue:3d}   0"


def _slicer_line(structure: Structure) -> str:
    red, green, blue = structure.rgb
    opacity = 255 if structure.index else 0
    return f"{structure.index} {_one_word(structure.name)} {red} {green} {blue} {opacity}"


def _one_word(name: str) -> str:
    return "_".join(name.split())
