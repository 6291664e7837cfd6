"""The design: one set of colours for window, reports and charts, all of it readable, in both looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from brainstem_app.gui.design.card import Card, ElidedLabel
from brainstem_app.gui.design.icons import line_pixmap
from brainstem_app.gui.design.look import design, look_of
from brainstem_app.gui.design.style_sheet import style_sheet
from brainstem_app.gui.design.tokens import COLOURS, CYCLE, LIGHT, Colours, Look, contrast, text_on
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import LookChoice
from brainstem_app.gui.workflow.step import StepName, step_text
from brainstem_app.reports.engine import drawing

_TEXT, _SHAPE = 4.5, 3.0


@pytest.fixture
def either_look() -> Iterator[None]:
    """Puts the look back that the test was begun in."""
    yield
    design().want(None)


@pytest.mark.parametrize("look", Look)
def test_text_is_read_on_every_ground_it_stands_on(look: Look) -> None:
    of = COLOURS[look]
    grounds = (of.paper, of.panel, of.window, of.card, of.hover, of.select)
    messages = (of.warn_bg, of.error_bg, of.info_bg)
    for ground in (*grounds, *messages):
        assert contrast(of.ink, ground) >= 7, ground
        assert contrast(of.soft, ground) >= _TEXT, ground
    for words in (of.accent, of.good, of.fair, of.poor):
        for ground in (of.paper, of.panel, of.window, of.card):
            assert contrast(words, ground) >= _TEXT, (words, ground)
    for accent in (of.accent, of.accent_hover):
        assert contrast(of.on_accent, accent) >= _TEXT
    assert contrast(of.soft, of.line) >= _TEXT, "the one button of a page, while it cannot be pressed"


@pytest.mark.parametrize("look", Look)
def test_frames_of_controls_and_the_ring_of_the_focus_are_seen(look: Look) -> None:
    of = COLOURS[look]
    for ground in (of.window, of.card):
        assert contrast(of.edge, ground) >= _SHAPE
        assert contrast(of.accent, ground) >= _SHAPE
    assert contrast(of.ink, of.accent) >= 1.5, "the ring around the filled button"


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_text_on_a_scale_is_read_wherever_it_stands() -> None:
    for grey in range(256):
        ground = f"#{grey:02x}{255 - grey:02x}{grey:02x}"
        assert contrast(text_on(ground), ground) >= _TEXT, ground


def _variables(css: str) -> dict[str, str]:
    return {name.replace("-", "_"): colour for name, colour in re.findall(r"--([a-z-]+): (#\w+);", css)}


def test_reports_have_the_colours_of_the_window(repository_root: Path) -> None:
    css = (repository_root / "resources" / "report" / "style.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", css, re.S)[:2]
    for block, colours in ((light, COLOURS[Look.LIGHT]), (dark, COLOURS[Look.DARK])):
        declared = {**_variables(light), **_variables(block)}
        assert declared
        assert declared == {name: asdict(colours)[name] for name in declared}


def test_charts_have_the_colours_of_reports_and_window(repository_root: Path) -> None:
    text = (repository_root / "resources" / "report" / "chart.mplstyle").read_text(encoding="utf-8")
    said = dict(re.findall(r"^([a-z.]+): ([0-9a-f]{6})$", text, re.M))
    soft = {"text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"}
    assert {f"#{said[name]}" for name in soft} == {LIGHT.soft}
    assert f"#{said['grid.color']}" == LIGHT.line
    assert (LIGHT.ink, LIGHT.soft, LIGHT.line) == (drawing.INK, drawing.SOFT, drawing.LINE)
    cycle = re.search(r"axes.prop_cycle: .*\[(.*)\]", text)
    assert cycle is not None
    assert tuple(f"#{one}" for one in re.findall(r"\w{6}", cycle[1])) == CYCLE


@pytest.mark.parametrize("look", Look)
def test_style_sheet_uses_no_colour_of_its_own(look: Look, repository_root: Path) -> None:
    template = (repository_root / "resources" / "window" / "style.qss").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s])", template) == []
    made = style_sheet(look, 9.0)
    assert "$" not in made
    for path in re.findall(r'url\("(.+?)"\)', made):
        assert Path(path).is_file()


def test_no_file_of_the_window_names_a_colour_but_the_design(repository_root: Path) -> None:
    gui = repository_root / "brainstem_app" / "gui"
    named = {
        path.relative_to(gui).as_posix()
        for path in gui.rglob("*.py")
        if "design" not in path.parts and re.search(r'"#[0-9a-fA-F]{6}"', path.read_text(encoding="utf-8"))
    }
    assert named == set()


def test_small_pictures_of_controls_are_the_line_icons_in_the_colours(repository_root: Path) -> None:
    icons = repository_root / "resources" / "icons"
    tones = {"check": "on_accent", "minus": "on_accent"}
    for look, colours in COLOURS.items():
        files = sorted((icons / "controls" / look.value).glob("*.svg"))
        assert files
        for path in files:
            line = (icons / "lines" / path.name).read_text(encoding="utf-8")
            colour = asdict(colours)[tones.get(path.stem, "soft")]
            assert path.read_text(encoding="utf-8") == line.replace("currentColor", colour)


def test_every_icon_of_the_set_is_drawn_and_used(qtbot: QtBot, repository_root: Path) -> None:
    names = {path.stem for path in (repository_root / "resources" / "icons" / "lines").glob("*.svg")}
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("brainstem_app/gui", "resources/window")
        for path in (repository_root / folder).rglob("*.*")
        if path.suffix in {".py", ".qss"}
    )
    # The tools that draw are named by their actions.
    used = {name: name.removeprefix("draw-").replace("-", "_") for name in names if name.startswith("draw-")}
    assert {
        name for name in names if f'"{used.get(name, name)}"' not in code and f"/{name}.svg" not in code
    } == set()
    for name in names:
        picture = line_pixmap(name, LIGHT.ink, 32).toImage()
        assert any(picture.pixelColor(x, y).alpha() for x in range(32) for y in range(32)), name
    for step in StepName:
        assert step_text(step).icon in names


def filled(page: QWidget) -> list[str]:
    """Names of the filled buttons that are seen on a page."""
    buttons = (b for b in page.findChildren(QAbstractButton) if b.property("primary"))
    return [button.accessibleName() or button.text() for button in buttons if button.isVisible()]


def test_each_page_has_one_filled_button(qtbot: QtBot, window: MainWindow, result_folder: Path) -> None:
    for step in StepName:
        window.show_step(step)
        qtbot.waitUntil(lambda: not window.context.background.is_busy)  # lists are read
        assert len(filled(window.page(step))) == 1, (step, filled(window.page(step)))
    window.show_step(StepName.SEGMENT)
    window.open_path(result_folder)
    qtbot.waitUntil(lambda: window.segment_page.document.result is not None, timeout=60_000)
    assert filled(window.segment_page) == ["Review"]


def test_each_page_says_its_name_at_the_top(window: MainWindow) -> None:
    for step in StepName:
        window.show_step(step)
        header = window.pages.headers[step]
        assert header.isVisible()
        assert header.title.text() == step_text(step).title
        assert header.about.text() == step_text(step).purpose
        assert header.open_button.menu() is not None


def test_pages_with_pictures_are_dark_unless_the_user_wants_otherwise(
    window: MainWindow, either_look: None
) -> None:
    settings = window.context.settings
    settings.preferences = settings.preferences.model_copy(update={"look": LookChoice.LIGHT})
    window.show_step(StepName.SCANS)
    window.show_step(StepName.REVIEW)
    review = window.page(StepName.REVIEW)
    assert look_of(review) is Look.DARK
    assert look_of(window.page(StepName.SCANS)) is Look.LIGHT
    assert _ground(window) == QColor(COLOURS[Look.DARK].window)
    settings.preferences = settings.preferences.model_copy(update={"dark_pictures": False})
    assert look_of(review) is Look.LIGHT
    assert _ground(window) == QColor(COLOURS[Look.LIGHT].window)


def _ground(window: MainWindow) -> QColor:
    """Colour of what lies around the page on the screen."""
    shown = window.pages.currentWidget()
    assert shown is not None
    picture = window.grab().toImage()
    return picture.pixelColor(shown.mapTo(window, shown.rect().topLeft()) + QPoint(3, 3))


def test_window_takes_the_look_that_the_user_wants(window: MainWindow, either_look: None) -> None:
    window.show_step(StepName.SCANS)
    settings = window.context.settings
    for choice in (LookChoice.DARK, LookChoice.LIGHT):
        settings.preferences = settings.preferences.model_copy(update={"look": choice})
        assert settings.preferences.look is choice
        colours: Colours = COLOURS[Look(choice.value)]
        assert window.palette().window().color() == QColor(colours.window)
        assert QColor(colours.card) == window.rail.grab().toImage().pixelColor(20, window.rail.height() - 60)


def test_text_that_is_cut_is_said_in_full_under_the_pointer(qtbot: QtBot) -> None:
    label = ElidedLabel("sub-01 of a dataset with a name that is much too long")
    qtbot.addWidget(label)
    label.set_hint("/where/it/lies")
    label.resize(60, 20)
    label.show()
    assert label.is_cut
    assert label.toolTip() == f"{label.text()}\n/where/it/lies"
    label.resize(900, 20)
    assert not label.is_cut
    assert label.toolTip() == "/where/it/lies"
    assert label.text().startswith("sub-01 of")


def test_card_is_named_by_its_heading(qtbot: QtBot) -> None:
    card = Card("Nuclei")
    qtbot.addWidget(card)
    assert card.accessibleName() == card.title == "Nuclei"
    assert [label.text() for label in card.findChildren(QLabel)] == ["Nuclei"]
