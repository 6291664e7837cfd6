"""Foreign text where others interpret it: terminals, XML, JSON, spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import write_text
from brainstem_app.jobs.events import Artifact, Failed, Progress, Warned, parse_event
from brainstem_app.plain_text import cell_text, for_file, printable, without_apostrophe
from brainstem_app.reports.engine.sheets import Sheet, csv_text, workbook

ANY = st.text(st.characters(codec=None, categories=None), max_size=30)
ESCAPES = [
    "\x1b[2J\x1b[31mred",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\x08\x08\x08ok",
    "a\rb",
    "\x00",
    "\u202egnp.exe",
]
FORMULAS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    '"=1',
    "＝1+1",
    "a;=1+1",
    "x\n=1",
]


@pytest.mark.parametrize("text", [*ESCAPES, "scan_\udce9.nii.gz", "\ud83d alone", "\ufffe"])
def test_nothing_is_left_that_a_terminal_obeys_or_utf8_cannot_hold(text: str) -> None:
    shown = printable(text)
    assert "\ufffd" in shown
    assert not any(sign in shown for sign in "\x1b\x07\x9b\x08\r\x00\u202e")
    shown.encode("utf-8")


@pytest.mark.parametrize(
    "text", ["Ärzte, 脳幹, мозг, 🧠", "two\nlines\twith tab", "windows\r\nline", "a − b ≥ 1 µm³"]
)
def test_letters_of_all_languages_stay(text: str) -> None:
    assert printable(text) == text


@given(ANY)
def test_any_text_can_be_written_and_read_again(text: str) -> None:
    for made in (printable(text), for_file(text)):
        made.encode("utf-8")
    ElementTree.fromstring(f"<text>{_escaped(for_file(text))}</text>")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@given(ANY)
def test_json_that_is_written_is_json_and_holds_no_controls(text: str) -> None:
    for ascii_only in (True, False):
        content = for_file(
            json.dumps({"name": text, "path": "C:\\u001b"}, ensure_ascii=ascii_only), is_json=True
        )
        read = json.loads(content)
        assert read["path"] == "C:\\u001b"
        assert not any(ord(sign) < 32 and sign not in "\t\n\r" for sign in read["name"])


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\x9b31mred", "�31mred"),
        ("half \ud800 of a pair", "half � of a pair"),
        ("\U0001f9e0 \\ud800 \\u009b", "\U0001f9e0 \\ud800 \\u009b"),
    ],
)
def test_json_has_no_controls_of_eight_bits_and_no_half_pairs(text: str, kept: str, ascii_only: bool) -> None:
    written = for_file(json.dumps(text, ensure_ascii=ascii_only), is_json=True)
    assert json.loads(written) == kept
    written.encode("utf-8")


def test_file_is_written_with_what_can_be_written(tmp_path: Path) -> None:
    write_text(tmp_path / "a.svg", "<svg><text>a\x1b[31m\udce9</text></svg>")
    assert ElementTree.parse(tmp_path / "a.svg").getroot()[0].text == "a\ufffd[31m\ufffd"
    write_text(tmp_path / "a.json", json.dumps({"a": "\x1b", "b": "\\x1b", "c": "é\n"}))
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": "\ufffd", "b": "\\x1b", "c": "é\n"}


@pytest.mark.parametrize("text", FORMULAS)
def test_cell_that_a_spreadsheet_would_compute_is_disarmed(text: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_text([text], []), newline=""))
    (cell,) = row
    for part in cell.split(";"):
        assert (
            part.lstrip(" \"'")[:1] not in "=+-@＝＋－＠"
            or "'" in part[: len(part) - len(part.lstrip(" \"'"))]
        )
    assert "\n" not in cell


@pytest.mark.parametrize("text", ["-1.5", "+3", "-1e-05", "-.5", "1", " -2 "])
def test_numbers_stay_numbers(text: str) -> None:
    assert float(cell_text(text)) == float(text)


def test_values_that_are_numbers_stay_as_they_are() -> None:
    assert csv_text(["a", "b", "c"], [[-1.5, None, "x-y"]]) == "a,b,c\n-1.5,,x-y\n"


@pytest.mark.parametrize(
    "text",
    [
        "=1",
        "+a",
        "-b",
        "@c",
        "plain",
        "'quoted",
        "'-b",
        "''=1",
        '"-b"',
        "a;-b",
        "a; '+b;c",
        "－b",
        "-5",
        "a-'-b",
    ],
)
def test_program_reads_its_own_cells_back(text: str) -> None:
    assert without_apostrophe(cell_text(text)) == text
    assert without_apostrophe(cell_text(without_apostrophe(cell_text(text)))) == text


def test_workbook_holds_text_as_text_and_is_xml() -> None:
    content = workbook(
        [Sheet("s", ["=1+1", "\x1bodd\udce9"], [["@SUM(A1)", "\x00"]])], "2026-01-01T00:00:00+00:00"
    )
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            if name.endswith(".xml"):
                text = book.read(name).decode("utf-8")
                ElementTree.fromstring(text)
                assert "<f>" not in text


def test_error_and_events_say_nothing_a_terminal_obeys() -> None:
    error = InputError("no\x1b[2J", "dir/\x1b]0;x\x07\udce9", "try\x9b")
    assert not set("\x1b\x07\x9b\udce9") & set(str(error))
    events = [
        Failed(what="\x1b", where="\udce9", fix="\x07", details="\x1b"),
        Warned(what="\x1b"),
        Progress(done=0, total=1, message="\x1b", item="\udce9"),
        Artifact(role="x", path="a\udce9"),
    ]
    for event in events:
        line = event.model_dump_json()
        assert "\\u001b" not in line
        assert parse_event(line) == event
