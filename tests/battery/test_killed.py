"""Commands killed hard at random moments, and started again: what is there in the end is whole."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from .processes import TRIALS, begin, files_of, make_study

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("trial", range(TRIALS))
def test_copy_that_is_killed_goes_on_and_leaves_nothing_behind(tmp_path: Path, trial: int) -> None:
    rng = random.Random(trial)
    study, out = make_study(tmp_path / "study", 400), tmp_path / "copy"
    for _ in range(3):
        process = begin(tmp_path, "copy", study, "--out", out)
        try:
            process.communicate(timeout=rng.uniform(0.5, 4))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        whole = files_of(study)
        if out.exists():
            there = files_of(out)
            assert all(whole[name] == there[name] for name in there if name in whole), (
                "a file that is there is whole"
            )
    process = begin(tmp_path, "copy", study, "--out", out)
    _, err = process.communicate()
    # The last of those before may have come to its end.
    assert process.returncode == 0 or "is not empty" in err, err
    assert files_of(out) == files_of(study)
