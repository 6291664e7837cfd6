"""The list of structures as a tree: regions of the brainstem, and the nuclei in them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QColor, QPalette
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas_table
from brainstem_app.gui.background import Background
from brainstem_app.gui.document.document import Document
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.structures.structure_model import Column
from brainstem_app.gui.structures.structure_panel import StructurePanel

PAG, SC_L, LC_L, IO_L = 3, 4, 20, 22
ROLE = Qt.ItemDataRole.CheckStateRole


@pytest.fixture
def panel(qtbot: QtBot, settings: WindowSettings) -> StructurePanel:
    made = StructurePanel(Document(settings, Background()))
    qtbot.addWidget(made)
    made.model.set_table(load_atlas_table().table)
    made.resize(500, 900)
    made.show()
    return made


def names(panel: StructurePanel, parent: QModelIndex | None = None) -> list[str]:
    shown, above = panel.table.model(), parent or QModelIndex()
    return [shown.index(row, 0, above).data() for row in range(shown.rowCount(above))]


def test_nuclei_stand_below_their_region_and_tissue_beside_them(panel: StructurePanel) -> None:
    assert names(panel) == ["WM", "GM", "midbrain", "pons", "medulla"]
    medulla = panel.table.model().index(4, 0)
    assert {"IO_L", "IO_R", "MedR"} <= set(names(panel, medulla))
    assert panel.table.isExpanded(medulla)


def test_box_of_a_region_is_that_of_all_its_nuclei(panel: StructurePanel) -> None:
    model, region = panel.model, panel.model.region_cell("medulla")
    assert Qt.CheckState(region.data(ROLE)) is Qt.CheckState.Checked
    model.setData(region, Qt.CheckState.Unchecked, ROLE)
    assert IO_L not in model.visible
    assert PAG in model.visible
    assert Qt.CheckState(model.cell(IO_L).data(ROLE)) is Qt.CheckState.Unchecked
    model.show(IO_L)
    assert Qt.CheckState(region.data(ROLE)) is Qt.CheckState.PartiallyChecked
    model.setData(region, Qt.CheckState.Checked, ROLE)
    assert {s.index for s in model.structures if s.region == "medulla"} <= model.visible


def test_volume_of_a_region_stands_in_its_row(panel: StructurePanel) -> None:
    panel.model.set_volumes([0.0] * 256, {"midbrain": 10481.6, "brainstem": 36000.0})
    assert panel.model.region_cell("midbrain", Column.VOLUME).data() == "10,482"
    assert panel.model.region_cell("pons", Column.VOLUME).data() == ""
    panel.model.set_volumes(None)
    assert panel.model.region_cell("midbrain", Column.VOLUME).data() == ""


def test_search_keeps_the_region_of_what_it_finds_and_finds_regions(panel: StructurePanel) -> None:
    panel.search.setText("coeruleus")
    assert names(panel) == ["pons"]
    assert names(panel, panel.table.model().index(0, 0)) == ["LC_L", "LC_R"]
    panel.search.setText("medulla")
    assert "IO_L" in names(panel, panel.table.model().index(0, 0))


def test_steps_go_from_nucleus_to_nucleus_across_regions(panel: StructurePanel, qtbot: QtBot) -> None:
    chosen: list[int] = []
    panel._document.chosen.connect(chosen.append)
    panel.select(LC_L)
    assert chosen == []
    last = max(s.index for s in panel.model.structures if s.region == "midbrain")
    panel.select(last)
    panel.step(1)
    first = min(s.index for s in panel.model.structures if s.region == "pons")
    assert chosen == [first]


def test_table_without_regions_is_a_plain_list(panel: StructurePanel) -> None:
    table = load_atlas_table().table
    plain = LabelTable(structures=tuple(s.model_copy(update={"region": ""}) for s in table.structures))
    panel.model.set_table(plain)
    assert len(names(panel)) == 33
    assert panel.model.cell(SC_L).isValid()


def test_closing_a_region_over_the_marked_nucleus_marks_the_region(panel: StructurePanel) -> None:
    panel.select(LC_L)
    pons = panel.table.currentIndex().parent()
    panel.table.collapse(panel.table.model().index(2, 0))
    assert panel.table.currentIndex().data() == "LC_L", "another region was closed"
    panel.table.collapse(pons)
    assert panel.table.currentIndex() == pons, "the keys would go on from the top of the list"


def test_empty_box_is_seen_on_the_marked_row(panel: StructurePanel) -> None:
    panel.model.toggle(LC_L)
    panel.select(LC_L)
    row = panel.table.visualRect(panel.click_row(LC_L))
    picture = panel.table.viewport().grab(row).toImage()
    marked = panel.palette().color(QPalette.ColorGroup.Inactive, QPalette.ColorRole.Highlight)
    lines = [max(_apart(picture.pixelColor(x, y), marked) for y in range(row.height())) for x in range(16)]
    assert max(lines) > 250, lines


def _apart(one: QColor, other: QColor) -> int:
    return sum(abs(a - b) for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))
