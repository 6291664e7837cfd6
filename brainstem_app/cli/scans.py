"""Commands about scans: demo, doctor, segment, simulate."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from brainstem_app.cli.options import (
    AsJson,
    Debug,
    ExecutorChoice,
    ExecutorOption,
    Orientation,
    Out,
    SlurmOption,
    make_job,
    where_to_run,
)
from brainstem_app.cli.show import run_and_show
from brainstem_app.jobs.job import DEFAULT_MODEL, DemoJob, SegmentJob, SimulateJob

Scans = Annotated[
    list[Path], typer.Argument(metavar="SCAN…", help="NIfTI, MGZ, a DICOM folder, or a BIDS dataset.")
]


class DicomIdentity(StrEnum):
    """How much of the source's identity a DICOM segmentation carries."""

    NONE = "none"
    LINKS = "links"
    PATIENT = "patient"


class EngineName(StrEnum):
    """What runs the network."""

    ONNX = "onnx"
    KERAS = "keras"


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    for command in (demo, doctor, segment, simulate):
        app.command(command.__name__)(command)


def demo(out: Out, seed: int = 0, as_json: AsJson = False, debug: Debug = False) -> None:
    """Segment one simulated subject and report it against its true labels; needs no scan."""
    run_and_show(make_job(DemoJob, out=out, seed=seed), as_json=as_json, debug=debug)


def doctor(scans: Scans, orientation: Orientation = None, as_json: AsJson = False) -> None:
    """Check the headers and the coverage of scans; exit status 2 if one has an error."""
    from brainstem_app.cli.doctor import examine_all

    raise typer.Exit(examine_all(scans, orientation, as_json=as_json))


def segment(
    scans: Scans,
    out: Out,
    model: Annotated[str, typer.Option(help="Name of a model, or its file or folder.")] = DEFAULT_MODEL,
    engine: Annotated[EngineName, typer.Option(help="What runs the network.")] = EngineName.ONNX,
    orientation: Orientation = None,
    surfaces: Annotated[
        bool,
        typer.Option(
            "--surfaces", help="Also write the surface of each nucleus and region as STL, and all as GLB."
        ),
    ] = False,
    bids: Annotated[
        bool, typer.Option("--bids", help="Make the folder a dataset of BIDS derivatives.")
    ] = False,
    dicom_seg: Annotated[
        bool, typer.Option("--dicom-seg", help="Also write a DICOM segmentation, if the scan came as DICOM.")
    ] = False,
    dicom_identity: Annotated[
        DicomIdentity,
        typer.Option(
            help="Who the DICOM segmentation names. none: nobody. links: UIDs of the source's study, series "
            "and images. patient: the patient too, to go back into the archive."
        ),
    ] = DicomIdentity.NONE,
    executor: ExecutorOption = ExecutorChoice.LOCAL,
    slurm: SlurmOption = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Label the brainstem of each scan, on the scan's own grid, with a report: one folder a scan.

    Results of the same scan are replaced, each file at once when the new one is whole; a folder that holds
    those of another scan is refused.
    """
    job = make_job(
        SegmentJob,
        scans=tuple(scans),
        out=out,
        model=model,
        engine=engine.value,
        orientation=orientation,
        surfaces=surfaces,
        bids=bids,
        dicom_seg=dicom_seg,
        dicom_identity=dicom_identity.value,
    )
    run_and_show(where_to_run(job, executor, slurm), as_json=as_json, debug=debug)


def simulate(
    subjects: Annotated[int, typer.Option(min=1, help="Number of subjects.")],
    out: Out,
    seed: int = 0,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Make a BIDS dataset of simulated scans with their true labels."""
    run_and_show(make_job(SimulateJob, subjects=subjects, out=out, seed=seed), as_json=as_json, debug=debug)
