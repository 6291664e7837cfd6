"""Files no one should be given, wherever a command takes one: an error of three parts, and soon."""

from __future__ import annotations

import gzip
import os
import signal
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel
import numpy as np
import pytest

from brainstem_app.cli.app import run
from brainstem_app.study.study import Study, StudySettings

DEEP = 100_000
SOON_S = 20


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """End what waits for a pipe or reads a device without end."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def late(number: int, frame: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(4 * SOON_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _device(path: Path) -> Path:
    path.symlink_to("/dev/zero")
    return path


def _loop(path: Path) -> Path:
    path.symlink_to(path.with_name("other" + path.name))
    path.with_name("other" + path.name).symlink_to(path)
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _nested(path: Path) -> Path:
    """Brackets in what the ending says: JSON, TOML, XML, or text."""
    if path.suffix == ".toml":
        text = "a = " + "[" * DEEP + "]" * DEEP
    elif path.suffix == ".xml":
        text = "<atlas><data>" + "<label index='0'>" * DEEP + "</label>" * DEEP + "</data></atlas>"
    else:
        text = '{"a":' * DEEP + "1" + "}" * DEEP
    path.write_text(text, encoding="utf-8")
    return path


def _no_text(path: Path) -> Path:
    path.write_bytes(bytes(range(256)) * 40)
    return path


def _bomb(path: Path) -> Path:
    """A gzip of 1000 x 1000 x 1000 voxels in a few kilobytes of header and nothing behind it."""
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.float32)
    header.set_data_shape((1000, 1000, 1000))
    header["vox_offset"] = 352
    header["magic"] = b"n+1\0"
    path.write_bytes(gzip.compress(header.binaryblock + bytes(4) + bytes(1 << 20)))
    return path


def _many_axes(path: Path) -> Path:
    header = nibabel.Nifti1Header()
    block = bytearray(header.binaryblock)
    struct.pack_into("<8h", block, 40, 7, *[32767] * 7)
    block[344:348] = b"n+1\0"
    path.write_bytes(bytes(block) + bytes(8))
    return path


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "pipe": _pipe,
    "device": _device,
    "loop": _loop,
    "folder": _folder,
    "nested": _nested,
    "no text": _no_text,
    "bomb": _bomb,
    "many axes": _many_axes,
}
#: Commands by the ending of the file they take; FILE is the file, OUT a new folder, STUDY an empty study.
COMMANDS: dict[str, tuple[str, str]] = {
    "doctor": (".nii.gz", "doctor FILE"),
    "doctor mgz": (".mgz", "doctor FILE"),
    "segment": (".nii.gz", "segment FILE --out OUT"),
    "evaluate": (".nii.gz", "evaluate FILE FILE --out OUT"),
    "cohort table": (".tsv", "cohort STUDY --participants FILE --group g --out OUT"),
    "retest table": (".csv", "retest FILE --out OUT"),
    "recipe": (".toml", "atlas build FILE --out OUT"),
    "import map": (".nii.gz", "atlas import FILE --name mine --space MNI152NLin2009cAsym --out OUT"),
    "import json": (
        ".json",
        "atlas import MAP --table FILE --name mine --space MNI152NLin2009cAsym --out OUT",
    ),
    "import xml": (".xml", "atlas import MAP --table FILE --name mine --space MNI152NLin2009cAsym --out OUT"),
    "grid json": (".json", "compare STUDY --grid FILE --plan"),
    "grid toml": (".toml", "compare STUDY --grid FILE --plan"),
    "config": (".json", "train STUDY --run first --config FILE"),
    "model": (".json", "segment MAP --model MODEL --out OUT"),
    "out": ("", "segment MAP --out FILE"),
    "out of a cohort": ("", "cohort STUDY --out FILE"),
    "results": ("", "cohort FILE --out OUT"),
    "study of training": (".json", "train BAD --run first"),
    "change": (".nii.gz", "change FILE MAP --years 0,1 --out OUT"),
    "dataset table": (".tsv", "make-dataset MAP --table FILE --out OUT"),
    "reference table": (".tsv", "reference save STUDY --participants FILE --group g --out OUT"),
    "reference": (".json", "reference show FILE"),
    "reference to compare with": (".json", "cohort STUDY --against FILE --out OUT"),
    "labels to add": (".nii.gz", "add-reference FILE --study STUDY --subject sub-01"),
    "corrected labels": (".nii.gz", "study correct STUDY sub-01 --labels FILE"),
    "import regions": (
        ".nii.gz",
        "atlas import MAP --regions FILE --name mine --space MNI152NLin2009cAsym --out OUT",
    ),
    "weights": (".safetensors", "train STUDY --run first --encoder-weights FILE"),
    "network": (".keras", "train STUDY --run first --start-from FILE"),
}


def _words(template: str, kind: str, ending: str, folder: Path) -> list[str]:
    names = {"MODEL": folder / "model", "BAD": folder / "bad"}
    place = {"MODEL": folder / "model" / "model.json", "BAD": folder / "bad" / "study.json"}
    path = next((place[word] for word in template.split() if word in place), folder / f"given{ending}")
    path.parent.mkdir(exist_ok=True)
    HOSTILE[kind](path)
    study = folder / "study"
    Study.create(study, StudySettings(dataset="x"))
    label_map = folder / "map.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4)), label_map)
    places = {"FILE": path, "OUT": folder / "out", "STUDY": study, "MAP": label_map, **names}
    return [str(places.get(word, word)) for word in template.split()]


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_ends_soon_with_an_error_of_three_parts(
    command: str, kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ending, template = COMMANDS[command]
    if command.startswith("out") and kind == "folder":
        pytest.skip("a folder is what is wanted")
    words = _words(template, kind, ending, tmp_path)
    began = time.monotonic()
    status = run(words)
    said = capfd.readouterr()
    assert status in {1, 2}, said
    assert time.monotonic() - began < SOON_S
    if not template.startswith("doctor"):
        assert "Error: " in said.err
        assert "to do: " in said.err
    assert "Traceback" not in said.err
    assert "unforeseen" not in said.err + said.out
    assert "\x1b" not in said.err + said.out
