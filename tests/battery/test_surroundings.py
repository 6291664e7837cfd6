"""Commands in surroundings that no one plans for: each ends well, or in words that say what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from brainstem_app.atlas.label_table import LabelTable

from .commands import Command, Words, quick_commands
from .processes import ROOT, environment_of
from .tally import TRIALS, counted

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="mounts and limits of Linux"),
]
AREA = "Hard surroundings"
CLOCK = """
import time as _time
_set = _time.time() - 3600
_now, _local, _utc = _time.time, _time.localtime, _time.gmtime
_time.time = lambda: _now() - _set
_time.localtime = lambda s=None: _local(_time.time() if s is None else s)
_time.gmtime = lambda s=None: _utc(_time.time() if s is None else s)
"""


@dataclass(frozen=True)
class Surroundings:
    """What is odd about a computer.

    Attributes
    ----------
    before : str
        Shell commands that come first; ``$OUT`` is the folder of the results.
    sets, lacks : dict, tuple
        Variables of the environment that are set, and that are not there.
    mounts : bool
        Whether disks are mounted, which needs a name space of its own.
    fails : bool
        Whether no result can be written there: the command has to say so.
    """

    before: str = ":"
    sets: dict[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    mounts: bool = False
    fails: bool = False


ALL = {
    "LC_ALL=POSIX": Surroundings(sets={"LC_ALL": "POSIX"}),
    "no UTF-8 at all": Surroundings(sets={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    "clock in 1970": Surroundings(sets={"PYTHONPATH": "CLOCK"}),
    "no HOME": Surroundings(lacks=("HOME", "XDG_DATA_HOME")),
    "HOME that is not there": Surroundings(sets={"HOME": "/not/there"}, lacks=("XDG_DATA_HOME",)),
    "data folder that may not be written": Surroundings(sets={"XDG_DATA_HOME": "/proc"}),
    "no temporary folder": Surroundings(sets={"TMPDIR": "/not/there"}),
    "umask 0": Surroundings(before="umask 0"),
    "umask 777": Surroundings(before="umask 777"),
    "standard input, output and error closed": Surroundings(before="exec <&- >&- 2>&-"),
    "current folder removed": Surroundings(before="mkdir gone; cd gone; rmdir ../gone"),
    "forty open files": Surroundings(before="ulimit -n 40"),
    "twenty open files": Surroundings(before="ulimit -n 20"),
    "1.2 GB of addresses": Surroundings(before="ulimit -v 1200000"),
    "small stack": Surroundings(before="ulimit -s 256"),
    "files of 20 KB at most": Surroundings(before="ulimit -f 20", fails=True),
    "output that nobody reads": Surroundings(before="exec > >(head -c 1)"),
    "time zone that is a file": Surroundings(sets={"TZ": ":/etc/passwd"}),
    "terminal of no columns": Surroundings(sets={"COLUMNS": "0", "TERM": "x", "FORCE_COLOR": "1"}),
    "output in ASCII": Surroundings(sets={"PYTHONIOENCODING": "ascii", "LC_ALL": "xx_YY"}),
    "libraries set up otherwise": Surroundings(
        sets={
            **{"MPLBACKEND": "not-here", "KERAS_BACKEND": "not-here", "QT_QPA_PLATFORM": "not-here"},
            **{"OMP_NUM_THREADS": "-1", "OPENBLAS_NUM_THREADS": "many", "CUDA_VISIBLE_DEVICES": "x"},
        }
    ),
    "Python without assertions": Surroundings(sets={"PYTHONOPTIMIZE": "2"}),
    "warnings as errors": Surroundings(sets={"PYTHONWARNINGS": "error"}),
    "temporary folder that is full": Surroundings(
        before="mount -t tmpfs -o size=4k none /mnt; export TMPDIR=/mnt; head -c 4096 /dev/zero >/mnt/x",
        mounts=True,
    ),
    "home that may only be read": Surroundings(
        before="mount -t tmpfs none /mnt; mkdir /mnt/h; mount -o remount,ro /mnt; export HOME=/mnt/h "
        "XDG_DATA_HOME=/mnt/h/d XDG_CONFIG_HOME=/mnt/h/c XDG_CACHE_HOME=/mnt/h/k",
        mounts=True,
    ),
    "disk that may only be read": Surroundings(
        before='mkdir -p "$OUT"; mount -t tmpfs -o ro none "$OUT"', mounts=True, fails=True
    ),
    "disk of 80 MB, full": Surroundings(
        before='mkdir -p "$OUT"; mount -t tmpfs -o size=80m none "$OUT"; head -c 81m /dev/zero >"$OUT/.x"',
        mounts=True,
        fails=True,
    ),
}
#: Without registration, which takes minutes; `evaluate` draws and writes PDF, `copy` is mere files.
QUICK = ("copy", "evaluate (volumes)", "cohort", "atlas import")


def _run(folder: Path, words: Words, out: Path, odd: Surroundings) -> subprocess.CompletedProcess[str]:
    environment = {**environment_of(folder), "OUT": str(out), **odd.sets}
    environment = {name: value for name, value in environment.items() if name not in odd.lacks}
    if odd.sets.get("PYTHONPATH") == "CLOCK":
        (folder / "clock").mkdir(exist_ok=True)
        (folder / "clock" / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
        environment["PYTHONPATH"] = os.pathsep.join([str(folder / "clock"), str(ROOT)])
    script = f'{odd.before}\nexec "$@"'
    outside = ["unshare", "-rm"] if odd.mounts else []
    return subprocess.run(
        [*outside, "bash", "-c", script, "bash", sys.executable, "-m", "brainstem_app", *map(str, words)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _require_words(done: subprocess.CompletedProcess[str], odd: Surroundings) -> None:
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said[-2000:]
    assert "Something unforeseen" not in said, said[-2000:]
    assert done.returncode in ({1, 2} if odd.fails else {0, 1, 2}), f"{done.returncode}: {said[-2000:]}"
    silent = ">&-" in odd.before
    assert done.returncode == 0 or silent or "to do:" in said or "→" in said, said[-2000:]


def _can_mount() -> bool:
    done = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, table: LabelTable) -> tuple[Path, dict[str, Command]]:
    """A folder, and the commands in it."""
    folder = tmp_path_factory.mktemp("place")
    return folder, quick_commands(folder, table)


@pytest.mark.long
@pytest.mark.parametrize("name", ALL)
def test_surrounding(place: tuple[Path, dict[str, Command]], name: str) -> None:
    folder, commands = place
    odd = ALL[name]
    if odd.mounts and not _can_mount():
        pytest.skip("no disk can be mounted here")
    with counted(AREA, name) as tally:
        for kind in QUICK[: 1 + TRIALS]:
            command = commands[kind]
            shutil.rmtree(command.writes, ignore_errors=True)
            with tally.trial(f"{name}: {kind}"):
                _require_words(_run(folder, command.words, command.writes, odd), odd)
