"""The label table as other programs read it."""

from __future__ import annotations

import re
from pathlib import Path

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas
from brainstem_app.reports.exports.label_files import (
    LABEL_FILES,
    freesurfer_colours,
    itk_snap_labels,
    slicer_colours,
    write_label_files,
)


def _rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_itk_snap_reads_index_colour_visibility_and_name(table: LabelTable) -> None:
    """With the pattern that ITK-SNAP's own files follow: seven numbers and a quoted name."""
    pattern = re.compile(r'\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.]+)\s+([01])\s+([01])\s+"([^"]*)"')
    rows = [match.groups() for line in _rows(itk_snap_labels(table)) if (match := pattern.fullmatch(line))]
    assert len(rows) == table.n_classes
    assert rows[0] == ("0", "0", "0", "0", "0", "0", "0", "Clear Label")
    assert rows[2] == ("2", "255", "0", "0", "1", "1", "1", "RN_L")


def test_freesurfer_table_is_read_by_position(table: LabelTable) -> None:
    rows = [line.split() for line in _rows(freesurfer_colours(table))]
    assert rows[0] == ["0", "Unknown", "0", "0", "0", "0"]
    assert rows[3] == ["3", "RN_R", "0", "0", "255", "0"]


def test_slicer_table_hides_the_background_alone(table: LabelTable) -> None:
    rows = [line.split() for line in _rows(slicer_colours(table))]
    assert [row[-1] for row in rows] == ["0", *["255"] * 4]
    assert rows[4] == ["4", "PAG", "0", "255", "0", "255"]


def test_every_structure_of_the_shipped_atlas_has_a_row_in_every_file(tmp_path: Path) -> None:
    table = load_atlas().table
    write_label_files(tmp_path, table)
    for name in LABEL_FILES:
        rows = _rows((tmp_path / name).read_text(encoding="utf-8"))
        assert [int(row.split()[0]) for row in rows] == list(range(table.n_classes))
        assert all(
            structure.name in row for structure, row in zip(table.structures[1:], rows[1:], strict=True)
        )
