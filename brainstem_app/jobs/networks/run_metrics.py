"""What is known of how good a run's network is, if it is of the network that the run has now."""

from __future__ import annotations

import csv
from pathlib import Path

from pydantic import ValidationError

from brainstem_app.errors import InputError
from brainstem_app.jobs.job import read_job
from brainstem_app.reports.evaluation.model import EvaluationReport
from brainstem_app.small_files import read_small
from brainstem_app.written_files import CONFIG_FILE, HISTORY_FILE, METRICS_FILE


def best_epoch(run: Path) -> int | None:
    """Epoch of a run whose network is its best one so far; None where its history says nothing."""
    try:
        with (run / HISTORY_FILE).open(encoding="utf-8", newline="") as file:
            return max(int(row["epoch"]) for row in csv.DictReader(file) if row["best"] == "True")
    except (OSError, KeyError, ValueError):
        return None


def measured_now(run: Path) -> EvaluationReport | None:
    """Read the evaluation of a run; None where there is none, or the run was trained further since."""
    try:
        report = EvaluationReport.model_validate_json(read_small(run / METRICS_FILE))
    except (OSError, ValidationError):
        return None
    return report if _is_of_now(report, run) else None


def require_measured_now(run: Path) -> None:
    """Refuse a run that was trained further since it was measured; one that was not measured passes.

    Raises
    ------
    InputError
        If it was.
    """
    if (run / METRICS_FILE).exists() and measured_now(run) is None:
        raise InputError(
            f"The run “{run.name}” was trained further since it was measured, or its numbers cannot be read.",
            run / METRICS_FILE,
            "Evaluate it again.",
        )


def _is_of_now(report: EvaluationReport, run: Path) -> bool:
    if report.best_epoch is not None:
        return report.best_epoch == best_epoch(run)
    # Files of older versions name no epoch, but how many were asked for.
    try:
        asked = read_job(run / CONFIG_FILE).model_dump().get("epochs")
    except InputError:
        return True
    return bool(report.settings.get("epochs", asked) == asked)
