"""Take pictures of the step Report for docs/how-to/use-the-window.md.

``python tests/screenshots/take_report_screenshots.py OUT --result FOLDER`` [--dark]: FOLDER is what Segment
has written for a scan. The people that are compared are made up, and say so by their names.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QSettings
from take_screenshots import SIZE, take, wait_for, wear_dark

from brainstem_app.atlas.library import load_atlas
from brainstem_app.gui.application import make_application
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind
from brainstem_app.gui.report.report_page import ReportPage
from brainstem_app.gui.report.retest_panel import PairsFrom
from brainstem_app.gui.segment.job_files import SegmentOutputs, new_folder, scan_name, segment_job
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.imaging.spaces import mni_affine
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import Report, ReportInputs

_PEOPLE = 24
_SPREAD = 0.09
_LOSS = 0.88
_REPEATED = 12
_NOISE = 0.03
_CREATED = "2026-01-01T00:00:00+00:00"


def make_people(home: Path, results: Path) -> None:
    """Write reports of made-up people, and of second scans of some of them.

    Those of the second half have less of the substantia nigra.
    """
    atlas, rng = load_atlas(), np.random.default_rng(0)
    raw = home / "made up"
    scans = [raw / f"sub-made{n:02d}" / "anat" / f"sub-made{n:02d}_T1w.nii.gz" for n in range(1, _PEOPLE + 1)]
    rows = ["participant_id\tage\tsex\tgroup"]
    inputs = ReportInputs(atlas.labels, mni_affine(), atlas.table, atlas.name, atlas.version, name="made")
    report = build_report(inputs, make_manifest(inputs, _CREATED))
    job = segment_job(scans, "brainstem31", SegmentOutputs(), results, f"{_PEOPLE} made-up scans")
    again = segment_job(scans, "brainstem31", SegmentOutputs(), results, f"{_REPEATED} of them again")
    for number, scan in enumerate(scans):
        is_patient = number >= _PEOPLE // 2
        scan.parent.mkdir(parents=True)
        scan.touch()
        group = "patient" if is_patient else "control"
        rows.append(f"{scan.name[:10]}\t{rng.integers(20, 70)}\t{'FM'[number % 2]}\t{group}")
        factors = [
            rng.normal(_LOSS if is_patient and s.name.startswith("SN_") else 1.0, _SPREAD)
            for s in report.structures
        ]
        first = _changed(report, scan.name, factors)
        _write(first, job.out / scan_name(scan))
        if number < _REPEATED:
            noise = list(rng.normal(1.0, _NOISE, len(factors)))
            _write(_changed(first, scan.name, noise), again.out / scan_name(scan))
    (raw / "participants.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _changed(report: Report, file: str, factors: Sequence[float]) -> Report:
    """Return a report with other volumes."""
    structures = tuple(
        s.model_copy(update={"volume_mm3": round(s.volume_mm3 * max(factor, 0.1), 1)})
        for s, factor in zip(report.structures, factors, strict=True)
    )
    scan = report.scan.model_copy(update={"file": file})
    return report.model_copy(update={"structures": structures, "scan": scan})


def _write(report: Report, folder: Path) -> None:
    folder.mkdir()
    (folder / "report.json").write_text(report.to_json(), encoding="utf-8")


def take_all(window: MainWindow, page: ReportPage, out: Path) -> None:
    """Look at the report of a scan; choose people, compare them, look at what came of it."""
    wait_for(lambda: page.content is not None and not page.report.picture.is_empty)
    take(window, out, "step_report")
    page.cohort_button.click()
    wait_for(lambda: page.cohort.group.currentData() == "group")
    made = [entry.folder for entry in page.entries if "made-up" in entry.folder.parent.name]
    page.cohort.subjects.tick(made)
    page.cohort.covariates.tick(["age", "sex"])
    take(window, out, "report_groups_choose")
    page.cohort.start()
    wait_for(lambda: page.content is not None and page.content.entry.kind is ReportKind.COHORT, 600)
    row = next(row for row in range(page.model.rowCount()) if page.model.index(row, 0).data() == "SN_L")
    page.report.table.selectRow(row)
    take(window, out, "report_groups")
    page.retest_button.click()
    again, first = (entry.folder.parent for entry in _first_of_two_jobs(page))
    page.retest.choose(PairsFrom.TWO_FOLDERS, first, again)
    wait_for(page.retest.start_button.isEnabled)
    take(window, out, "report_repeated_choose")
    page.run()
    wait_for(lambda: page.content is not None and page.content.entry.kind is ReportKind.RETEST, 600)
    page.report.table.selectRow(4)
    take(window, out, "report_repeated")


def _first_of_two_jobs(page: ReportPage) -> list[ReportEntry]:
    """Return one segmentation of each folder with made-up people, those scanned again first."""
    made = {entry.folder.parent.name: entry for entry in page.entries if "made" in entry.folder.name}
    return [made[name] for name in sorted(made, key=lambda name: "again" not in name)]


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--dark", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    make_application()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = WindowSettings(QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat))
        settings.results_folder, settings.jobs_folder = home / "results", home / "jobs"
        if arguments.dark:
            wear_dark(settings)
        make_people(home, settings.results_folder)
        one = new_folder(settings.results_folder, arguments.result.name)
        shutil.copytree(arguments.result, one / arguments.result.name)
        window = MainWindow(settings)
        window.resize(*SIZE)
        window.show()
        window.show_step(StepName.REPORT)
        page = window.page(StepName.REPORT)
        assert isinstance(page, ReportPage)
        wait_for(lambda: bool(page.entries))
        page.list.choose(one.name)
        take_all(window, page, arguments.out)
        window.close()
        window.context.background.wait()


if __name__ == "__main__":
    main()
