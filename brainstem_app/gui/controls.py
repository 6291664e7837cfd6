"""Controls as all pages have them: buttons, tables, columns, icons."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFormLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStyle,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.design.look import set_icon, set_primary, set_tone
from brainstem_app.gui.design.tokens import CONTROL_HEIGHT, HALF, ICON, SPACE

_ROW_SPACE = 12
#: Icon, and its colour of the look, of how bad something is.
LEVEL_ICONS = {
    "info": ("info", "accent"),
    "warning": ("triangle-alert", "fair"),
    "error": ("circle-x", "poor"),
    "fine": ("circle-check", "good"),
}


def make_button(
    parent: QWidget, text: str, hint: str, slot: Callable[[], object], icon: str = ""
) -> QPushButton:
    """Make a button with its name for screen readers; `hint` says what it does, `icon` is one of the set."""
    button = QPushButton(text, parent)
    button.setToolTip(hint)
    button.setAccessibleName(text.replace("&", ""))
    button.setAccessibleDescription(hint)
    button.clicked.connect(lambda _checked=False: slot())
    if icon:
        set_icon(button, icon)
    return button


def make_primary(
    parent: QWidget, text: str, hint: str, slot: Callable[[], object], icon: str = ""
) -> QPushButton:
    """Make the one button of a page that stands out: what the page is for."""
    button = make_button(parent, text, hint, slot, icon)
    set_primary(button)
    return button


def make_icon_button(parent: QWidget, icon: str, name: str, hint: str) -> QToolButton:
    """Make a button that shows an icon of the set alone; its name is for screen readers."""
    button = QToolButton(parent)
    button.setProperty("icon_only", True)
    set_icon(button, icon)
    button.setToolTip(hint)
    button.setAccessibleName(name)
    button.setAccessibleDescription(hint)
    return button


def make_search(parent: QWidget, text: str, hint: str, slot: Callable[[str], object]) -> QLineEdit:
    """Make a line that searches as one types, with a cross that empties it."""
    line = QLineEdit(parent)
    line.setPlaceholderText(text)
    line.setAccessibleName(text)
    line.setToolTip(hint)
    line.textChanged.connect(slot)
    line.setClearButtonEnabled(True)
    picture = QAction(line.placeholderText(), line)
    set_icon(picture, "search", "soft")
    line.addAction(picture, QLineEdit.ActionPosition.LeadingPosition)
    return line


def make_switch(parent: QWidget, text: str, hint: str, slot: Callable[[bool], object]) -> QPushButton:
    """Make a button that stays down until it is pressed again."""
    button = make_button(parent, text, hint, lambda: None)
    button.setCheckable(True)
    button.toggled.connect(slot)
    return button


def make_check_box(parent: QWidget, text: str, hint: str) -> QCheckBox:
    """Make a check box; `hint` says what it does."""
    box = QCheckBox(text, parent)
    box.setToolTip(hint)
    box.setAccessibleName(text.replace("&", ""))
    box.setAccessibleDescription(hint)
    return box


def make_table(parent: QWidget, model: QAbstractItemModel, name: str, description: str = "") -> QTableView:
    """Make a table of whole rows without a grid, for reading and choosing."""
    table = QTableView(parent)
    table.setModel(model)
    table.setAccessibleName(name)
    table.setAccessibleDescription(description)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.setWordWrap(False)
    # The Tab key leaves the table, as it leaves any other control.
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(parent.fontMetrics().height() + _ROW_SPACE)
    table.horizontalHeader().setHighlightSections(False)
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    table.horizontalHeader().setDefaultAlignment(left)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    return table


def faint_label(parent: QWidget, text: str = "", name: str = "") -> QLabel:
    """Make a label for what is said beside the matter, in as many lines as it takes."""
    label = QLabel(text, parent)
    label.setAccessibleName(name)
    label.setWordWrap(True)
    set_tone(label, "soft")
    return label


class FieldForm(QFormLayout):
    """Names beside their fields; each stands as high as what is written in its field."""

    def __init__(self, parent: QWidget | None = None) -> None:
        if parent is None:
            super().__init__()
        else:
            super().__init__(parent)
        self.setContentsMargins(0, 0, 0, 0)
        self.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.setHorizontalSpacing(SPACE)
        self.setVerticalSpacing(SPACE)

    def add(self, name: str | QLabel, field: QWidget | QLayout, buddy: QWidget | None = None) -> QLabel:
        """Add a field, and return its name; `buddy` gets the keys, if it is not the field itself."""
        label = QLabel(name) if isinstance(name, str) else name
        if buddy is None and isinstance(field, QWidget):
            buddy = field
        if buddy is not None:
            label.setBuddy(buddy)
        self.addRow(label, field)
        if isinstance(field, QLabel):
            label.setMaximumHeight(label.fontMetrics().height())
        else:  # Qt's own are some pixels too high beside a field
            label.setMinimumHeight(CONTROL_HEIGHT)
        return label


def level_icon(level: str, parent: QWidget) -> QLabel:
    """Picture of ``"info"``, ``"warning"`` or ``"error"``, as high as a line of text."""
    icon = QLabel(parent)
    set_icon(icon, *LEVEL_ICONS[level], max(ICON, parent.fontMetrics().height()))
    return icon


def widgets_of(layout: QLayout) -> list[QWidget]:
    """Widgets of a layout, in its order."""
    items = (layout.itemAt(place) for place in range(layout.count()))
    return [widget for item in items if item is not None and (widget := item.widget()) is not None]


def remove_widgets(layout: QLayout) -> None:
    """Empty a layout; its widgets go with it."""
    for widget in widgets_of(layout):
        layout.removeWidget(widget)
        # Qt shows a widget some time after it came into a layout: as a window of its own, if it has no parent
        # by then and is not hidden.
        widget.hide()
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
    frame = table.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, table)
    margin = 2 * (frame + SPACE + HALF)
    for column, text in enumerate(texts):
        wide = metrics.horizontalAdvance(text) + margin
        table.setColumnWidth(column, max(wide, header.sectionSizeHint(column)))


class ScrolledColumn(QScrollArea):
    """Scrolls a column of widgets up and down; it is never narrower than they need."""

    def __init__(self, column: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidget(column)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the column must be, with its scroll bar."""
        column, bar = self.widget(), self.verticalScrollBar().sizeHint().width()
        width = 0 if column is None else column.minimumSizeHint().width() + bar
        return QSize(width, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Ask for the room anew when what is in the column has changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


def make_settings_column(
    parent: QWidget,
    forms: tuple[QWidget, ...],
    below: tuple[QWidget, ...],
    head: QLayout | None = None,
) -> QWidget:
    """Make a column of forms that scroll, with what must always be seen above and below them."""
    inside = QWidget(parent)
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, SPACE, 0)
    for form in forms:
        column.addWidget(form)
    column.addStretch(1)
    scroll = ScrolledColumn(inside, parent)
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
    split.setHandleWidth(2 * SPACE)
    split.setSizes(widths)
    page_layout(page).addWidget(split, 1)


def fit_height(dialog: QWidget, width: int) -> None:
    """Make a dialog as high as its texts are when they are broken at this width.

    Qt takes the height that they had if it were narrower, and leaves the rest of the dialog empty.
    """
    layout = dialog.layout()
    if layout is not None and layout.hasHeightForWidth():
        dialog.resize(width, layout.totalHeightForWidth(width))


def page_layout(page: QWidget) -> QVBoxLayout:
    """Make the layout of a page, with the space around it that all pages have."""
    layout = QVBoxLayout(page)
    layout.setContentsMargins(2 * SPACE, HALF, 2 * SPACE, SPACE)
    layout.setSpacing(SPACE)
    return layout
