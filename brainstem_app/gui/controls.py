"""Controls as all pages have them: buttons, tables, columns, icons."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStyle,
    QTableView,
    QVBoxLayout,
    QWidget,
)

_ROW_SPACE = 8
_SWITCH_STYLE = (
    "QPushButton:checked { background: palette(highlight); color: palette(highlighted-text);"
    " border: 1px solid palette(mid); border-radius: 3px; padding: 3px; }"
)
# Fusion draws the frame of an empty box darker than the window: in the dark nobody would see it.
EMPTY_BOX = "border: 1px solid #808080; width: 11px; height: 11px; margin: 1px;"


def make_button(parent: QWidget, text: str, hint: str, slot: Callable[[], object]) -> QPushButton:
    """Make a button with its name for screen readers; `hint` says what it does."""
    button = QPushButton(text, parent)
    button.setToolTip(hint)
    button.setAccessibleName(text.replace("&", ""))
    button.setAccessibleDescription(hint)
    button.clicked.connect(lambda _checked=False: slot())
    return button


def make_switch(parent: QWidget, text: str, hint: str, slot: Callable[[bool], object]) -> QPushButton:
    """Make a button that stays down until it is pressed again, which is seen in the dark too."""
    button = make_button(parent, text, hint, lambda: None)
    button.setCheckable(True)
    button.setStyleSheet(_SWITCH_STYLE)
    button.toggled.connect(slot)
    return button


def make_check_box(parent: QWidget, text: str, hint: str) -> QCheckBox:
    """Make a check box whose frame is seen in the dark too; `hint` says what it does."""
    box = QCheckBox(text, parent)
    box.setToolTip(hint)
    box.setAccessibleName(text.replace("&", ""))
    box.setAccessibleDescription(hint)
    box.setStyleSheet(f"QCheckBox::indicator:unchecked {{ {EMPTY_BOX} }}")
    return box


def make_table(parent: QWidget, model: QAbstractItemModel, name: str, description: str = "") -> QTableView:
    """Make a table of whole rows without a grid, for reading and choosing."""
    table = QTableView(parent)
    table.setModel(model)
    table.setAccessibleName(name)
    table.setAccessibleDescription(description)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    # The Tab key leaves the table, as it leaves any other control.
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(parent.fontMetrics().height() + _ROW_SPACE)
    table.horizontalHeader().setHighlightSections(False)
    return table


def faint_label(parent: QWidget, text: str = "", name: str = "") -> QLabel:
    """Make a label for what is said beside the matter, in as many lines as it takes."""
    label = QLabel(text, parent)
    label.setAccessibleName(name)
    label.setWordWrap(True)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label


def level_icon(level: str, parent: QWidget) -> QLabel:
    """Picture of ``"info"``, ``"warning"`` or ``"error"``, as high as a line of text."""
    icons = {
        "info": QStyle.StandardPixmap.SP_MessageBoxInformation,
        "warning": QStyle.StandardPixmap.SP_MessageBoxWarning,
        "error": QStyle.StandardPixmap.SP_MessageBoxCritical,
    }
    size, icon = parent.fontMetrics().height(), QLabel(parent)
    icon.setPixmap(parent.style().standardIcon(icons[level]).pixmap(size, size))
    return icon


def widgets_of(layout: QLayout) -> list[QWidget]:
    """Widgets of a layout, in its order."""
    items = (layout.itemAt(place) for place in range(layout.count()))
    return [widget for item in items if item is not None and (widget := item.widget()) is not None]


def remove_widgets(layout: QLayout) -> None:
    """Empty a layout; its widgets go with it."""
    for widget in widgets_of(layout):
        layout.removeWidget(widget)
        widget.setParent(None)
        widget.deleteLater()


def make_sortable(table: QTableView) -> None:
    """Let a click on a heading sort; at first the rows stand as the model has them."""
    table.setSortingEnabled(True)
    table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)


def fit_columns(table: QTableView, texts: Sequence[str]) -> None:
    """Make each column as wide as a text, the longest of its cells, and as its heading with the arrow.

    Qt's own way asks for every cell of a thousand rows, and more than once.
    """
    header, metrics = table.horizontalHeader(), table.fontMetrics()
    margin = 2 * (table.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, table) + 4)
    for column, text in enumerate(texts):
        wide = metrics.horizontalAdvance(text) + margin
        table.setColumnWidth(column, max(wide, header.sectionSizeHint(column)))


def make_settings_column(
    parent: QWidget,
    forms: tuple[QWidget, ...],
    below: tuple[QWidget, ...],
    head: QLayout | None = None,
) -> QWidget:
    """Make a column of forms that scroll, with what must always be seen above and below them."""
    inside = QWidget(parent)
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 8, 0)
    for form in forms:
        column.addWidget(form)
    column.addStretch(1)
    scroll = QScrollArea(parent)
    scroll.setWidget(inside)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    whole = QWidget(parent)
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    if head is not None:
        layout.addLayout(head)
    layout.addWidget(scroll, 1)
    for widget in below:
        layout.addWidget(widget)
    return whole


def fill_side_by_side(page: QWidget, left: QWidget, right: QWidget, widths: tuple[int, int]) -> None:
    """Lay two parts beside each other on a page; what it gains in width goes to the right one."""
    split = QSplitter(Qt.Orientation.Horizontal, page)
    split.addWidget(left)
    split.addWidget(right)
    split.setStretchFactor(1, 1)
    split.setChildrenCollapsible(False)
    split.setSizes(widths)
    QVBoxLayout(page).addWidget(split)
