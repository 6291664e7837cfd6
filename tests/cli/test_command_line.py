from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from brainstem_app.cli import show
from brainstem_app.cli.app import run
from brainstem_app.jobs import run as run_module
from brainstem_app.jobs.events import Artifact, Progress
from brainstem_app.jobs.job import Job, PrepareJob, SegmentJob, TrainJob
from brainstem_app.jobs.reporter import Reporter, Summary

COMMANDS = [
    "demo",
    "doctor",
    "segment",
    "prepare",
    "train",
    "compare",
    "activations",
    "evaluate",
    "simulate",
    "atlas",
    "models",
    "diagnose",
]


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs that commands start, instead of doing them."""
    started: list[Job] = []
    monkeypatch.setattr("brainstem_app.cli.options.run_and_show", lambda job, **rest: started.append(job))
    return started


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [command for command in COMMANDS if command not in shown] == []


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys, runpy; sys.argv = ['brainstem-app', '--help']\n"
        "try: runpy.run_module('brainstem_app', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = 'keras tensorflow nilearn pandas sklearn scipy dipy SimpleITK matplotlib PySide6'.split()\n"
        "sys.stderr.write(' '.join(name for name in heavy if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert "segment" in done.stdout
    assert done.stderr == ""


def test_segment_makes_the_job_it_was_asked_for(jobs: list[Job], tmp_path: Path) -> None:
    arguments = ["segment", "a.nii.gz", "b", "--out", str(tmp_path), "--engine", "keras", "--model", "mine"]
    assert run(arguments) == 0
    expected = SegmentJob(scans=(Path("a.nii.gz"), Path("b")), out=tmp_path, model="mine", engine="keras")
    assert jobs == [expected]


def test_prepare_makes_the_job_it_was_asked_for(jobs: list[Job], tmp_path: Path) -> None:
    arguments = ["prepare", "ds", "--study", str(tmp_path), "--space", "nonlinear", "--jobs", "3", "--repeat"]
    assert run(arguments) == 0
    expected = PrepareJob(dataset=Path("ds"), study=tmp_path, space="nonlinear", jobs=3, repeat=True)
    assert jobs == [expected]


def test_training_without_options_is_the_papers(jobs: list[Job]) -> None:
    assert run(["train", "study", "--run", "first"]) == 0
    assert jobs == [TrainJob(study=Path("study"), run="first")]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["segment", "a.nii.gz", "--out", ""], "--out"),
        (["segment", "a.nii.gz", "--study="], "--study"),
        (["segment", "", "--out", "x"], "SCAN…"),
        (["evaluate", "--study", "s", "--run", "a", "--against", "b", "--out", ""], "--out"),
        (["train", "study", "--run", "r", "--config", ""], "--config"),
        (["doctor", ""], "SCAN…"),
        (["study", "list", ""], "STUDY"),
    ],
)
def test_path_of_a_variable_that_is_not_set_is_not_the_folder_one_is_in(
    jobs: list[Job], arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert f"Invalid value for '{named}': It is empty" in capsys.readouterr().err
    assert jobs == []


def test_options_win_over_the_configuration_file(jobs: list[Job], tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"epochs": 3, "loss": "dice", "run": "another"}), encoding="utf-8")
    assert run(["train", "study", "--run", "first", "--config", str(config), "--epochs", "5"]) == 0
    assert jobs == [TrainJob(study=Path("study"), run="first", epochs=5, loss="dice")]


@pytest.mark.parametrize("text", ["{", "[]", '{"epoks": 3}', '{"epochs": "many"}'])
def test_configuration_that_does_not_fit_is_bad_input(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    assert run(["train", "study", "--run", "r", "--config", str(tmp_path / "config.json")]) == 2
    shown = capsys.readouterr().err
    assert "config.json" in shown
    assert "to do:" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["segment"],
        ["dance"],
        ["prepare", "ds"],
        ["evaluate"],
        ["evaluate", "a", "b"],
        ["simulate", "--out", "x"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("train s --run r --alpha 5", "--alpha is “5”; it must be a number from 0 to 1."),
        ("train s --run r --alpha nan", "--alpha is “nan”; it must be a finite number from 0 to 1."),
        ("train s --run r --epochs 0", "--epochs is “0”; it must be a whole number of at least 1."),
        ("train s --run r --epochs x", "--epochs is “x”; it must be a whole number of at least 1."),
        ("train s --run r --seed -1", "--seed is “-1”; it must be a whole number of at least 0."),
        ("train s --run r --learning-rate 0", "--learning-rate is “0”; it must be a number above 0."),
        ("train s --run r --encoder resnet43", "There is no encoder named 'resnet43'."),
        ("train s --run ../r", "“/” cannot be in the name of a folder"),
        ("prepare d --study s --jobs 0", "--jobs is “0”; it must be a whole number of at least 1."),
        ("simulate --subjects 1 --out o --seed -1", "--seed is “-1”; it must be a whole number"),
        ("segment a --out o --engine tf", "--engine is “tf”; it must be one of onnx, keras."),
        ("compare s --grid table1 --repeats 0", "--repeats is “0”; it must be a whole number of"),
        ("compare s --grid table1 --name a/b", "“a/b” cannot be a name"),
        ("simulate --subjects 1", "Missing option '--out'."),
        ("retest r", "It is not said where the results go."),
        ("atlas import m --threshold 3", "--threshold is “3”; it must be a number above 0"),
    ],
)  # fmt: skip
def test_setting_out_of_range_is_an_error_of_three_parts(
    arguments: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments.split()) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("Error: ")
    assert words in shown.splitlines()[0]
    assert "  to do: " in shown
    assert "Input should" not in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "words",
    [
        "train nowhere --run r",
        "train . --run con",
        "evaluate --study nowhere --run r",
        "activations nowhere --run r",
        "models export runs/r --name ../../x",
        "models export runs/r --name nul --install",
    ],
)
def test_job_that_cannot_begin_is_refused_before_keras_is_loaded(words: str, tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text('{"schema": "brainstem-study/1", "dataset": "d"}', encoding="utf-8")
    code = (
        "import sys; from brainstem_app.cli.app import run; status = run(sys.argv[1:]);"
        "assert not {'keras', 'tensorflow'} & set(sys.modules); sys.exit(status)"
    )
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", code, *words.split()],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("Error: ")
    assert "to do:" in done.stderr


def test_group_of_commands_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models"]) == 2
    assert "export" in capsys.readouterr().err


def _work(monkeypatch: pytest.MonkeyPatch, outcome: BaseException | None) -> None:
    def work(job: Job, reporter: Reporter) -> Summary:
        reporter.progress(1, 4, "first step", "sub-01")
        reporter.warn("Something odd.", "scan.nii.gz", "Look at it.")
        if outcome is not None:
            raise outcome
        return {"scans": 1}

    monkeypatch.setattr(run_module, "_work", work)


def test_plain_lines_show_progress_and_warnings(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _work(monkeypatch, None)
    assert run(["demo", "--out", "out"]) == 0
    shown = capfd.readouterr()
    assert "25 %  sub-01: first step" in shown.out
    assert "Something odd." in shown.err


def test_json_is_one_event_a_line(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from brainstem_app.jobs import run\n"
        "run._work = lambda job, reporter: (print('chatter'), reporter.progress(1, 2, 'x'), {})[-1]\n"
        "from brainstem_app.cli.app import run as command\n"
        "sys.exit(command(['demo', '--out', 'out', '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == [
        "started",
        "progress",
        "finished",
    ]
    assert "chatter" in done.stderr


def test_unforeseen_failure_shows_its_traceback_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _work(monkeypatch, ZeroDivisionError("division by zero"))
    assert run(["demo", "--out", "out"]) == 1
    assert "Traceback" not in capfd.readouterr().err
    assert run(["demo", "--out", "out", "--debug"]) == 1
    assert "Traceback" in capfd.readouterr().err


def test_interrupt_cancels_at_the_next_step(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import signal

    def work(job: Job, reporter: Reporter) -> Summary:
        reporter.progress(0, 2, "before")
        signal.raise_signal(signal.SIGINT)
        reporter.progress(1, 2, "after")
        return {}

    monkeypatch.setattr(run_module, "_work", work)
    assert run(["demo", "--out", "out"]) == 3
    assert "Stopping" in capfd.readouterr().err


def test_progress_bar_puts_warnings_above_it(capfd: pytest.CaptureFixture[str]) -> None:
    from brainstem_app.jobs.events import Finished, Progress, Warned

    bar = show.Bar(debug=False)
    bar.show(Progress(done=1, total=2, message="half", item="sub-01"))
    bar.show(Warned(what="Something odd [in brackets]."))
    bar.show(Finished(seconds=3, summary={"scans": 1}))
    shown = capfd.readouterr()
    assert "Something odd [in brackets]." in shown.err
    assert "Done in 3 s, scans: 1" in shown.out


def test_window_without_a_display_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from brainstem_app.__main__ import main

    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["brainstem-app"])
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "no display" in capsys.readouterr().err


def test_diagnose_says_why_no_gpu_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose"]) == 0
    shown = capsys.readouterr().out
    for word in ("Versions", "memory", "writable", "ONNX Runtime", "device"):
        assert word in shown


@pytest.mark.parametrize(
    ("arguments", "window"),
    [
        ([], True),
        (["{scan}"], True),
        (["{scan}", "{scan}"], True),
        (["doctor", "{scan}"], False),
        (["--help"], False),
    ],
)
def test_paths_alone_open_the_window(tmp_path: Path, arguments: list[str], window: bool) -> None:
    from brainstem_app.__main__ import are_files_to_open

    given = [argument.format(scan=tmp_path / "scan.nii.gz") for argument in arguments]
    assert are_files_to_open(given) is window


@pytest.mark.parametrize(
    ("arguments", "window"),
    [
        (["data/scan.nii"], True),
        (["./data/scan.nii"], True),
        (["data"], True),
        (["."], True),
        (["data/scan.nii", "{here}/data/scan.nii"], True),
        (["data/none.nii"], False),
        (["data/scan.nii", "data/none.nii"], False),
        (["segment"], False),
        (["./segment"], True),
        (["segment", "data/scan.nii"], False),
        (["--json"], False),
        (["data/scan.nii", "--json"], False),
    ],
)
def test_files_that_are_there_open_the_window_unless_they_name_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], window: bool
) -> None:
    from brainstem_app.__main__ import are_files_to_open

    for name in ("data/scan.nii", "segment", "--json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert are_files_to_open([argument.format(here=tmp_path) for argument in arguments]) is window


def test_window_gets_the_whole_path_of_a_file_below_this_folder(tmp_path: Path) -> None:
    """In a process of its own, as the user's shell starts it; the window itself does not open."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "scan.nii").symlink_to(tmp_path / "elsewhere.nii")
    (tmp_path / "elsewhere.nii").touch()
    program = """
import sys
import brainstem_app.gui.application as application
from brainstem_app.__main__ import main
application.run = lambda paths: print(*paths, sep="\\n") or 0
main()
"""
    shown = subprocess.run(
        [sys.executable, "-c", program, "data/../data/scan.nii"],
        cwd=tmp_path,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.splitlines() == [str(tmp_path / "data" / "scan.nii")]


def test_of_a_scan_the_folder_is_named_and_not_each_of_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    lines = show.Lines(debug=False)
    for path in ("out/a/labels.nii.gz", "out/a/report.html", "out/a", "out/table.tsv"):
        lines.show(Artifact(role="file", path=path))
    lines.show(Progress(done=1, total=2, message="next"))
    lines.show(Artifact(role="labels", path="b.nii.gz"))
    lines.close()
    assert capsys.readouterr().out.splitlines() == [
        "written: out/a",
        "written: out/table.tsv",
        " 50 %  next",
        "written: b.nii.gz",
    ]
