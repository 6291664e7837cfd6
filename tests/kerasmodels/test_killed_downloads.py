"""What killed downloads of weights have left: removed by the next one, which leaves those at work alone."""

from __future__ import annotations

import os
import time
from pathlib import Path

from kerasmodels.weights.fetch import _clear_killed


def test_what_killed_downloads_left_is_removed_and_what_is_downloaded_now_is_not(tmp_path: Path) -> None:
    for name, age_s in (
        (".fetching-dead", 3600),
        (".fetching-alive", 20),
        (".fetching-own", 0),
        ("kept", 3600),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "part").write_bytes(b"x")
        for path in (folder / "part", folder):
            os.utime(path, (time.time() - age_s, time.time() - age_s))
    _clear_killed(tmp_path / ".fetching-own")
    there = sorted(path.name for path in tmp_path.iterdir())
    assert there == [".fetching-alive", ".fetching-own", "kept"]
