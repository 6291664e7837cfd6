"""Where the scan of a result lies: a report names no folders, but what lies beside it may."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.small_files import read_json
from brainstem_app.written_files import JOB_FILE, STATE_FILE


def scan_of_result(home: Path) -> Path | None:
    """Return the scan that a result is of, as the study's record or the job file above it names it."""
    from brainstem_app.imaging.inputs import expand_inputs

    try:  # of a result of a study
        if scan := read_json(home / STATE_FILE)["scan"]:
            return Path(scan)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    for folder in list(home.parents)[:2]:  # results of BIDS derivatives lie one folder deeper
        try:
            scans = read_json(folder / JOB_FILE)["scans"]
            paths = [Path(scan) for scan in scans]
            if len(paths) == 1:
                return paths[0]
            return {scan.name: scan.path for scan in expand_inputs(paths)}.get(home.name)
        except (OSError, ValueError, KeyError, TypeError, InputError):
            continue
    return None
