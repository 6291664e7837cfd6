"""Write what was found in a scan: the volumes, and the report that speaks of them.

In a file of its own because it loads the libraries that draw and lay out: `segment` loads it beside the work.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from brainstem_app.atlas.library import AnyAtlas
from brainstem_app.imaging.scan import Scan
from brainstem_app.jobs.scans.segment_files import OnScan, shapes_of, write_volumes
from brainstem_app.models.prediction import Prediction
from brainstem_app.preprocessing.normalise import Normalised
from brainstem_app.reports.exports.surfaces import remove_surfaces, write_surfaces
from brainstem_app.reports.scan.files import write_report
from brainstem_app.reports.scan.model import Report, ReportInputs

# Matplotlib draws in one thread at a time.
_DRAWING = Lock()


def write_results(
    folder: Path,
    scan: Scan,
    normalised: Normalised,
    prediction: Prediction,
    found: OnScan,
    inputs: ReportInputs,
    atlas: AnyAtlas,
    *,
    surfaces: bool,
) -> Report:
    """Write the volumes, the surfaces if they are wanted, and the report of a scan into its folder.

    Raises
    ------
    OSError
        If a file cannot be written; there is no ``report.json`` then.
    """

    def write_all_but_the_report() -> None:
        write_volumes(folder, scan, normalised, found, prediction, inputs.table)
        remove_surfaces(folder)
        if surfaces:
            write_surfaces(folder, *shapes_of(found, scan.affine, atlas))

    # The report is made on one core while another writes the volumes that it speaks of.
    with ThreadPoolExecutor(1) as beside:
        written = beside.submit(write_all_but_the_report)
        with _DRAWING:
            return write_report(folder, inputs, ready=written.result)
