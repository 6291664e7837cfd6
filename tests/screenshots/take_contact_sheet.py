"""Walk every page of the window in every state, and write a contact sheet of each look and size.

Run under a display, e.g. ``xvfb-run -s "-screen 0 2000x1200x24" python
tests/screenshots/take_contact_sheet.py OUT --scan SCAN --result FOLDER [--study FOLDER] [--look light]
[--size 1280x720]``. Every picture is saved too, as ``OUT/LOOK/SIZE/NAME.png``.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget
from take_screenshots import be_idle, open_window, settle, wait_for

from brainstem_app.errors import BrainstemError
from brainstem_app.gui.application import make_application
from brainstem_app.gui.design.tokens import Look
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.scans.listing import ChosenScans, ListedScan
from brainstem_app.gui.segment.batch_sheet import BatchSheet
from brainstem_app.gui.segment.expected_time import time_text
from brainstem_app.gui.window.settings_dialog import SettingsDialog
from brainstem_app.gui.workflow.step import StepName

LOOKS = tuple(Look)
SIZES = ("1280x720", "1366x768", "1920x1080")
_ACROSS, _THUMB, _GAP, _CAPTION = 3, 620, 16, 26

State = tuple[str, QWidget | None]


def states(window: MainWindow, scan: Path, result: Path, study: Path | None) -> Iterator[State]:
    """Bring the window into one state after the other: its name, and the dialog that is open in it."""
    for step in StepName:
        window.show_step(step)
        settle(0.3)
        yield f"empty_{step.value}", None
    yield from _dialogs(window)
    yield from _with_scan(window, scan, result)
    if study is not None:
        yield from _with_study(window, study)


def _dialogs(window: MainWindow) -> Iterator[State]:
    settings = SettingsDialog(window.context.settings, window)
    settings.show()
    yield "settings", settings
    settings.close()
    panel = window.segment_page.segment_panel
    scans = tuple(ListedScan(Path(f"sub-{n:02}_T1w.nii.gz"), f"sub-{n:02}") for n in range(1, 13))
    sheet = BatchSheet(ChosenScans(scans, 1), panel.offered, window.context.settings, window)
    sheet.show_time(time_text([], len(scans)))
    sheet.show()
    yield "batch", sheet
    sheet.close()
    window.show_help()
    yield "keys", None
    window.show_help()
    window.beside.show_manual()
    yield "manual", window.beside.manual
    window.beside.show_changes()
    be_idle(window)
    yield "whats_new", window.beside.manual
    window.beside.show_atlases()
    be_idle(window)
    yield "atlases", window.beside.library
    window.beside.show_models()
    be_idle(window)
    yield "models", window.beside.library
    for beside in (window.beside.manual, window.beside.library):
        if beside is not None:
            beside.close()


def _with_scan(window: MainWindow, scan: Path, result: Path) -> Iterator[State]:
    document = window.segment_page.document
    window.show_step(StepName.SEGMENT)
    window.open_path(scan)
    wait_for(lambda: document.scan is not None)
    yield "segment_scan", None
    error = BrainstemError(
        "The medulla is cut off: the scan ends 22 mm above the end of the brainstem.",
        scan,
        "Scan further down, or leave the nuclei of the medulla out of your results.",
    )
    window.message_bar.show_message(message_of_error(error, ""))
    yield "segment_error", None
    window.message_bar.clear()
    window.open_path(result)
    wait_for(lambda: document.result is not None)
    be_idle(window)
    yield "segment_result", None
    window.show_step(StepName.REVIEW)
    review = window.review
    if review is None:
        raise RuntimeError("there is no page Review")
    window.opening.review_results((result,))
    wait_for(lambda: review.document.result is not None)
    be_idle(window)
    yield "review_result", None
    review.commands["side_by_side"].trigger()
    review.commands["coronal"].trigger()
    yield "review_coronal", None
    review.commands["three"].trigger()


def _with_study(window: MainWindow, study: Path) -> Iterator[State]:
    window.open_path(study)
    wait_for(lambda: window.context.study.is_open)
    for step in StepName:
        window.show_step(step)
        settle(1.0)
        be_idle(window)
        yield f"study_{step.value}", None
    train: Any = window.page(StepName.TRAIN)
    train.form.fold.setChecked(True)
    window.show_step(StepName.TRAIN)
    yield "study_train_advanced", None
    report: Any = window.page(StepName.REPORT)
    window.show_step(StepName.REPORT)
    for name, button in (("cohort", report.cohort_button), ("retest", report.retest_button)):
        button.setChecked(True)
        yield f"study_report_{name}", None
        button.setChecked(False)
    window.show_jobs()
    yield "jobs", None
    window.show_jobs()


def taken(window: MainWindow, dialog: QWidget | None) -> QImage:
    """Picture of the window, with its dialog in the middle."""
    picture = window.grab().toImage()
    if dialog is not None:
        over = dialog.grab().toImage()
        painter = QPainter(picture)
        painter.fillRect(picture.rect(), QColor(0, 0, 0, 110))
        sizes = (picture.deviceIndependentSize().toTuple(), over.deviceIndependentSize().toTuple())
        left, top = (round(whole - own) // 2 for whole, own in zip(*sizes, strict=True))
        painter.drawImage(left, max(top, 0), over)
        painter.end()
    return picture


def contact_sheet(pictures: dict[str, QImage], dark: bool) -> QImage:
    """All pictures beside and below each other, their names above them."""
    first = next(iter(pictures.values()))
    height = round(_THUMB * first.height() / first.width())
    rows = math.ceil(len(pictures) / _ACROSS)
    size = QSize(_ACROSS * (_THUMB + _GAP) + _GAP, rows * (height + _CAPTION + _GAP) + _GAP)
    sheet = QImage(size, QImage.Format.Format_RGB32)
    sheet.fill(QColor("#333" if dark else "#ccc"))
    painter = QPainter(sheet)
    painter.setPen(QColor("#eee" if dark else "#111"))
    smooth = Qt.TransformationMode.SmoothTransformation
    for place, (name, picture) in enumerate(pictures.items()):
        row, column = divmod(place, _ACROSS)
        left, top = _GAP + column * (_THUMB + _GAP), _GAP + row * (height + _CAPTION + _GAP)
        painter.drawText(QRect(left, top, _THUMB, _CAPTION), Qt.AlignmentFlag.AlignVCenter, name)
        painter.drawImage(left, top + _CAPTION, picture.scaledToWidth(_THUMB, smooth))
    painter.end()
    return sheet


def walk(out: Path, look: str, sizes: tuple[str, ...], made: Callable[[MainWindow], Iterator[State]]) -> None:
    """Take all states in one look, each in all sizes, and the sheets of them."""
    pictures: dict[str, dict[str, QImage]] = {size: {} for size in sizes}
    with open_window(dark=look == Look.DARK) as window:
        wait_for(lambda: bool(window.segment_page.segment_panel.model))
        for name, dialog in made(window):
            for size in sizes:
                window.resize(*map(int, size.split("x")))
                settle(0.25)
                picture = taken(window, dialog)
                pictures[size][name] = picture
                target = out / look / size / f"{name}.png"
                target.parent.mkdir(parents=True, exist_ok=True)
                picture.save(str(target))
    for size, named in pictures.items():
        path = out / f"sheet_{look}_{size}.png"
        contact_sheet(named, look == "dark").save(str(path))
        sys.stdout.write(f"{path}\n")


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scan", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--study", type=Path)
    parser.add_argument("--look", action="append", choices=LOOKS)
    parser.add_argument("--size", action="append")
    arguments = parser.parse_args()
    make_application()
    for look in arguments.look or LOOKS:
        walk(
            arguments.out,
            look,
            tuple(arguments.size or SIZES),
            lambda window: states(window, arguments.scan, arguments.result, arguments.study),
        )


if __name__ == "__main__":
    main()
