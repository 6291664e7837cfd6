"""Commands about scans: demo, doctor, segment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from brainstem_app.cli.job_options import typed_path
from brainstem_app.cli.options import AsJson, add_command
from brainstem_app.jobs.job import DemoJob, SegmentJob
from brainstem_app.jobs.kinds.scans import ORIENTATION

Scans = Annotated[
    list[Path],
    typer.Argument(metavar="SCAN…", help="NIfTI, MGZ, a DICOM folder, or a BIDS dataset.", parser=typed_path),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    add_command(app, DemoJob)
    app.command()(doctor)
    add_command(app, SegmentJob, on_cluster=True)


def doctor(
    scans: Scans,
    orientation: Annotated[str | None, typer.Option(metavar="<text>", help=ORIENTATION)] = None,
    as_json: AsJson = False,
) -> None:
    """Check the headers and the coverage of scans; exit status 2 if one has an error."""
    from brainstem_app.cli.doctor import examine_all

    raise typer.Exit(examine_all(scans, orientation, as_json=as_json))
