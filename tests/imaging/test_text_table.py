"""Tables as spreadsheet programs write them: each reads the same, or says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.text_table import read_text_table

PLAIN = "participant_id\tcity\tage\nsub-01\tKöln\t30\nsub-02\tJena\t41\n"
SEEN = [
    (2, {"participant_id": "sub-01", "city": "Köln", "age": "30"}),
    (3, {"participant_id": "sub-02", "city": "Jena", "age": "41"}),
]


def _read(tmp_path: Path, content: bytes) -> list[tuple[int, dict[str, str]]]:
    path = tmp_path / "participants.tsv"
    path.write_bytes(content)
    return [(row.number, row.cells) for row in read_text_table(path, "table of participants").rows]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("latin-1"),
        PLAIN.encode("cp1252"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.rstrip("\n").encode(),
        PLAIN.replace("\t", ",").encode(),
        PLAIN.replace("\t", ";").encode(),
        PLAIN.replace("\n", "\t\t\n").encode(),
        PLAIN.replace("sub-01", '"sub-01"').replace("city", '"city"').encode(),
        PLAIN.replace("Köln", " Köln\u00a0").encode(),
        (PLAIN + "\t\t\n\n  \t\n").encode(),
    ],
    ids=[
        "utf-8",
        "utf-8 with mark",
        "utf-16",
        "utf-16 big end",
        "utf-16 without mark",
        "latin-1",
        "windows",
        "windows line ends",
        "old mac line ends",
        "no last line end",
        "commas",
        "semicolons",
        "tabs at the end",
        "quoted",
        "spaces",
        "blank rows at the end",
    ],
)
def test_table_reads_the_same_whoever_wrote_it(tmp_path: Path, content: bytes) -> None:
    assert _read(tmp_path, content) == SEEN


def test_rows_are_numbered_as_the_spreadsheet_numbers_them(tmp_path: Path) -> None:
    assert [
        number for number, _ in _read(tmp_path, PLAIN.replace("\nsub-02", "\n\n\t\t\nsub-02").encode())
    ] == [
        2,
        5,
    ]
    hinted = "sep=;\n" + PLAIN.replace("\t", ";")
    assert [number for number, _ in _read(tmp_path, hinted.encode())] == [3, 4]


def test_only_semicolons_make_a_comma_the_decimal_one(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a;b\n1,5;2\n")
    assert read_text_table(path, "table").decimal_comma
    path.write_text("a\tb\n1,5\t2\n")
    assert not read_text_table(path, "table").decimal_comma


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"PK\x03\x04\x14\x00", "is a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is a workbook"),
        (b"\x1f\x8b\x08\x00", "is compressed"),
        (bytes(range(256)), "is no text"),
        (b"\n\nname\tage\n", "does not begin with the names"),
        (b'id\tage\n1\t"30\n2\t40\n', "quotation mark"),
        (b"id\tage\tage\n1\t2\t3\n", r"Two columns .* “age” \(columns 2 and 3\)"),
        (b"id\t\tage\n1\t2\t3\n", "Column 2 .* no name"),
        (b"id\tage\n1\t2\n2\t3\t4\n", r"Row 3 .* more cells than there are columns \(2\)"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        _read(tmp_path, content)
    assert caught.value.where == str(tmp_path / "participants.tsv")
    assert caught.value.fix


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\t".join(f"c{n}" for n in range(20_000)).encode() + b"\n", "20000 columns"),
        (b"a\tb\n" + b"x" * 200_000 + b"\t1\n", "longer than 131072 letters"),
        (b"a\tb\n1\x002\t3\n", "is no text"),
    ],
    ids=["columns", "cell", "stray zero"],
)
def test_table_made_to_do_harm_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        _read(tmp_path, content)


def test_cells_have_no_signs_that_a_terminal_obeys(tmp_path: Path) -> None:
    rows = _read(tmp_path, b"participant_id\tgr\x1boup\nsub-01\ta\x1b[31m\x07\xe2\x80\x8b\n")
    assert rows == [(2, {"participant_id": "sub-01", "group": "a[31m"})]


def test_path_that_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read_text_table(tmp_path, "table of participants")
    with pytest.raises(InputError, match="There is no table of participants"):
        read_text_table(tmp_path / "nowhere.tsv", "table of participants")
