"""Names, records and models made to do harm: nothing outside of its folder, nothing unforeseen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brainstem_app.errors import BrainstemError
from brainstem_app.jobs.job import read_job
from brainstem_app.locations import resource
from brainstem_app.models.card import read_card
from brainstem_app.study.study import Study, StudySettings

from .commands import make_prepared_study
from .processes import ROOT
from .tally import FIRST_SEED, TRIALS, counted

AREA = "Hostile names, records and models"
PIECES = (
    "..",
    ".",
    "/",
    "\\",
    ":",
    "con",
    "NUL",
    "aux.txt",
    " ",
    "\x00",
    "\n",
    "\u202e",
    "é",
    "é",
    "a" * 300,
    "~",
    "$HOME",
)
NAMES = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), min_size=1, max_size=5).map("".join)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1e308, 10**30, "", "../../x", "/etc/passwd", "\x00", "\u202e", "a" * 5000),
    *([], {}, [[[]]], {"a": {"b": []}}, "NaN", ["x"] * 50),
)


@settings(max_examples=80 * TRIALS, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES)
def _try_name(tally: Any, study: Study, name: str) -> None:
    with tally.trial(repr(name)):
        for find in (study.run_folder, study.subject_folder):
            try:
                found = find(name)
            except BrainstemError as error:
                _require_fix(error)
                continue
            assert found.parent.resolve() in {study.folder / "runs", study.folder / "subjects"}
            assert found.resolve().parent == found.parent.resolve()


def test_no_name_leads_elsewhere(tmp_path: Path) -> None:
    study = Study.create((tmp_path / "study").resolve(), StudySettings(dataset="x"))
    with counted(AREA, "names of runs and subjects, by property") as tally:
        _try_name(tally, study)


def _replaced(content: Any, rng: np.random.Generator) -> Any:
    """Put an odd value somewhere into what JSON holds."""
    if isinstance(content, dict) and content and rng.random() < 0.85:
        key = sorted(content)[rng.integers(len(content))]
        return {**content, key: _replaced(content[key], rng)}
    if isinstance(content, list) and content and rng.random() < 0.7:
        place = int(rng.integers(len(content)))
        return [*content[:place], _replaced(content[place], rng), *content[place + 1 :]]
    return ODD_VALUES[rng.integers(len(ODD_VALUES))]


def test_records_with_odd_values_are_read_or_refused_in_words(tmp_path: Path) -> None:
    study = make_prepared_study(tmp_path / "study")
    card = json.loads((resource("models", "brainstem31") / "model.json").read_text(encoding="utf-8"))
    job = {"kind": "train", "version": 1, "study": str(study), "run": "one"}
    records: dict[str, Any] = {
        "study.json": json.loads((study / "study.json").read_text(encoding="utf-8")),
        "splits.json": json.loads((study / "splits.json").read_text(encoding="utf-8")),
        "subjects/sub-01/manifest.json": json.loads(
            (study / "subjects" / "sub-01" / "manifest.json").read_text(encoding="utf-8")
        ),
        "model.json": card,
        "job.json": job,
    }
    with counted(AREA, "JSON records with an odd value somewhere") as tally:
        for seed in range(FIRST_SEED, FIRST_SEED + 60 * TRIALS):
            rng = np.random.default_rng(seed)
            name = list(records)[seed % len(records)]
            whole = json.dumps(records[name])
            (study / name).write_text(json.dumps(_replaced(records[name], rng)), encoding="utf-8")
            with tally.trial(f"{name}, seed {seed}"):
                try:
                    _read_all(study, name)
                except BrainstemError as error:
                    _require_fix(error)
            (study / name).write_text(whole, encoding="utf-8")


def _require_fix(error: BrainstemError) -> None:
    assert error.what
    assert error.fix


def _read_all(folder: Path, name: str) -> None:
    if name == "model.json":
        read_card(folder)
    elif name == "job.json":
        read_job(folder / name)
    else:
        study = Study.open(folder)
        for subject in (*study.splits().train, *study.splits().test):
            study.load_box(subject)
        study.finished_subjects()


ONNX = """
import sys, warnings
from pathlib import Path
import numpy as np
from brainstem_app.errors import BrainstemError
from brainstem_app.models.onnx_session import open_network
whole, folder = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
for seed in range(int(sys.argv[3]), int(sys.argv[3]) + int(sys.argv[4])):
    rng = np.random.default_rng(seed)
    content = bytearray(whole)
    # The structure lies at both ends, between them are weights.
    for _ in range(rng.integers(1, 8)):
        start, end = (0, 4000) if rng.random() < .5 else (len(content) - 40000, len(content))
        place = rng.integers(start, end)
        content[place] = rng.integers(256)
    if rng.random() < .1:
        del content[rng.integers(len(content)):]
    path = folder / "model.onnx"
    path.write_bytes(content)
    try:
        open_network(path, threads=1)
        print(seed, "opened", flush=True)
    except BrainstemError as error:
        assert error.fix
        print(seed, "refused", flush=True)
"""


@pytest.mark.slow
def test_networks_with_changed_bytes_are_opened_or_refused(tmp_path: Path) -> None:
    """In a process of its own: a library of another language would take the tests with it."""
    network = resource("skull_strip", "deepbet_box.onnx")
    number = 5 * TRIALS
    words = [str(network), str(tmp_path), str(FIRST_SEED), str(number)]
    done = subprocess.run(
        [sys.executable, "-c", ONNX, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    ended = {
        int(line.split()[0]) for line in done.stdout.splitlines() if line.split()[-1] in {"opened", "refused"}
    }
    with counted(AREA, "ONNX networks with changed bytes") as tally:
        for seed in range(FIRST_SEED, FIRST_SEED + number):
            with tally.trial(f"seed {seed}"):
                assert seed in ended, f"exit status {done.returncode}: {done.stderr[-600:]}"
