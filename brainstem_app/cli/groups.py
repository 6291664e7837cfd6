"""Two measured runs set against each other."""

from __future__ import annotations

import time
from pathlib import Path

from brainstem_app.cli.written import say_written
from brainstem_app.plain_name import require_name


def compare_two_runs(study: Path, first: str, second: str, out: Path | None, *, as_json: bool) -> None:
    """Write the comparison of two measured runs of a study into a folder, the first run's by default."""
    from brainstem_app.jobs.claims import claim_within, claimed
    from brainstem_app.jobs.places import require_files
    from brainstem_app.reports.run_comparison import FILES, write_run_comparison

    start = time.monotonic()
    runs = study / "runs"
    for run in (first, second):
        require_name(run, "a run", runs, study)
    folder = out or runs / first / "against" / second
    files = [folder / name for name in FILES]
    require_files(folder, (file.name for file in files), ())
    with claimed((claim_within(folder),), "evaluate"):
        report = write_run_comparison(
            folder,
            runs / first / "metrics.json",
            runs / second / "metrics.json",
            f"brainstem-app evaluate --study {study.name} --run {first} --against {second}",
        )
    summary: dict[str, float | int | str] = {"subjects": len(report.subjects)}
    better = [n for n in report.nuclei if n.p_holm is not None and n.p_holm < 0.05 and n.difference]
    summary["nuclei better"] = sum((n.difference or 0) > 0 for n in better)
    summary["nuclei worse"] = sum((n.difference or 0) < 0 for n in better)
    say_written(files, summary, start, as_json=as_json)
