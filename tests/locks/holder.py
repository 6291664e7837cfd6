"""Holds a lock until it is killed: ``python holder.py LOCKFILE``; says so on standard output."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from brainstem_app.errors import BrainstemError
from brainstem_app.locks.lock_file import locked

path = Path(sys.argv[1])
try:
    with locked(path, "The run “first”", path.parent, "train"):
        print("held", flush=True)
        time.sleep(float(sys.argv[2]) if len(sys.argv) > 2 else 60)
except BrainstemError as error:
    print(error.what, flush=True)
