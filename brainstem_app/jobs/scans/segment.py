"""Segment scans: read, normalise, predict, bring the labels back onto the scan's own grid, report.

Results of the same scan in the same folder are replaced, each file at once when the new one is whole.
One scan that fails does not stop the others; the job then ends as failed and names each of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Thread

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from brainstem_app.atlas.library import AnyAtlas, Atlas, citations_of, defining_file
from brainstem_app.errors import ImplausibleResultError, InputError
from brainstem_app.garbage_collection import seldom_collected
from brainstem_app.imaging.bids.derivatives import bids_source
from brainstem_app.imaging.bids.scan_name import require_clear_name
from brainstem_app.imaging.dicom.conversion import split_series
from brainstem_app.imaging.inputs import ScanInput, expand_inputs
from brainstem_app.imaging.reading import read_scan, require_usable
from brainstem_app.imaging.scan import Level, Scan
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.failure import passing_over, require_all_segmented
from brainstem_app.jobs.job import SegmentJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.scans.loaded_model import LoadedModel, describe_model, load_model
from brainstem_app.jobs.scans.mask_check import nuclei_outside_mask
from brainstem_app.jobs.scans.result_folders import SERIES, replacing, scans_with_room, series_mark
from brainstem_app.jobs.scans.segment_bids import require_one_dataset, result_folder, write_derivatives
from brainstem_app.jobs.scans.segment_dicom import DICOM_FILE_NAME, require_dicom, write_dicom
from brainstem_app.jobs.scans.segment_files import OnScan, on_scan
from brainstem_app.jobs.scans.segment_study import keep_in_study, placed_in_study, scans_of
from brainstem_app.jobs.scans.segment_together import scans_at_once, segment_together
from brainstem_app.models.prediction import Prediction, Predictor, predict_box
from brainstem_app.preprocessing.midsagittal_plane import MidsagittalPlane, find_midsagittal_plane
from brainstem_app.preprocessing.normalise import Normalised, normalise_scan
from brainstem_app.progress import ProgressCallback, within
from brainstem_app.reports.scan.confidence import LOW_CONFIDENCE_CODE
from brainstem_app.reports.scan.model import ReportInputs

# Share of the time of one scan, up to the end of each step.
_READ, _NORMALISED, _PREDICTED, _PLACED = 0.03, 0.75, 0.90, 0.93


def segment(job: SegmentJob, reporter: Reporter) -> Summary:
    """Segment the scans of a job, each into a folder of its own below `job.out`.

    Raises
    ------
    InputError
        If there is no such model or scan.
    BrainstemError
        If a scan fails: at once if it is the only one, else at the end, when the others are done.
    JobCancelled
        If the user cancels; finished scans are kept.
    """
    scans, refused = expand_scans(scans_of(job), reporter)
    if job.name and len(scans) == 1:
        scans = [replace(scans[0], name=job.name)]
    total = len(scans) + len(refused)
    if job.bids:
        require_one_dataset(scans)
    if job.dicom_seg:
        require_dicom(scans, job.orientation)
    reporter.progress(0, len(scans), "loading the model")
    model = load_model(job.model, job.engine)
    scans = placed_in_study(job, scans, model, reporter, refused)
    scans, without_room = scans_with_room(job, scans, model, reporter, only=total == 1)
    refused += without_room

    def attempt(scan: ScanInput, report: ProgressCallback, reporter: Reporter) -> None:
        """Segment one scan; if there are others, a failure is a warning."""
        with passing_over(reporter, scan.name, scan.path, refused, only=total == 1):
            _segment_one(job, scan, model, report, reporter)

    at_once = scans_at_once(len(scans)) if job.engine == "onnx" else 1
    if at_once > 1:
        model = model.shared()
    # More threads of BLAS cost more than they save here, and change the last digits with their number.
    with threadpool_limits(limits=1, user_api="blas"), seldom_collected():
        segment_together(scans, at_once, attempt, reporter)
    require_all_segmented(refused, total, job.out)
    return {"scans": len(scans), "folder": str(job.out)}


def _segment_one(
    job: SegmentJob, scan: ScanInput, model: LoadedModel, report: ProgressCallback, reporter: Reporter
) -> None:
    folder = result_folder(job, scan.folder)
    with claimed((claim_of(folder, "The folder for the results"),), job.kind):
        _segment_into(folder, job, scan, model, report, reporter)
        keep_in_study(job, scan, folder)


def _segment_into(
    folder: Path,
    job: SegmentJob,
    scan: ScanInput,
    model: LoadedModel,
    report: ProgressCallback,
    reporter: Reporter,
) -> None:
    # It belongs to the labels that are replaced now.
    (folder / DICOM_FILE_NAME).unlink(missing_ok=True)
    with replacing(folder, scan.name, reporter):
        segment_scan(
            scan.path,
            folder,
            model,
            report,
            reporter,
            orientation=job.orientation,
            surfaces=job.surfaces,
            command=command_of(job, scan.path, model),
            name=scan.name,
        )
    if job.dicom_seg:
        write_dicom(job, scan, folder, model, reporter)
    if job.bids:
        labels = write_derivatives(job.out, bids_source(scan.path), folder, model)
        reporter.artifact("labels_bids", labels, scan.name)


def command_of(job: SegmentJob, scan: Path, model: LoadedModel) -> tuple[str, ...]:
    """Words of the command line that labels one scan of a job again, without the names of folders.

    Without ``--bids`` too: it changes no label, and a scan named without its dataset would be refused.
    """
    shown = {
        "scans": (shareable(split_series(scan)[0]),),
        "out": "OUT",
        "name": "",
        "study": None,
        "model": model.card.name,
        "engine": model.engine,
        "bids": False,
    }
    return job.command_line(shown)


def segment_scan(
    path: Path,
    folder: Path,
    model: LoadedModel,
    report: ProgressCallback,
    reporter: Reporter,
    *,
    reference: NDArray[np.uint8] | None = None,
    reference_origin: str = "",
    orientation: str | None = None,
    surfaces: bool = False,
    command: tuple[str, ...] = (),
    name: str = "",
) -> None:
    """Segment one scan into a folder.

    Parameters
    ----------
    path : Path
        File or DICOM folder.
    folder : Path
        Made if missing; files of an earlier run are replaced.
    report : callable
        Called with the fraction done and what is done now; may raise to stop.
    reference : ndarray of uint8, optional
        True labels on the scan's grid, to score against.
    reference_origin : str
        Where the reference comes from, e.g. "the truth of a simulated head".
    orientation : str, optional
        Axis letters the user states, for a scan whose header does not.
    surfaces : bool
        Also write the surfaces of the nuclei found, and of the regions.
    command : tuple of str
        The command line that repeats the run, for the report.
    name : str
        What the scan is called in messages; its folder by default.

    Raises
    ------
    InputError
        If the scan cannot be read or used.
    ImplausibleResultError
        If the scan does not fit the template, or no nucleus is found; no labels are written then.
    """
    Thread(target=_make_ready, args=(model,)).start()
    clock = Stopwatch()
    report(0.0, "reading the scan")
    with clock.measure("read"):
        scan = read_scan(path, orientation)
        require_usable(scan)
    normalised, prediction, found, device = _labelled(scan, path, model, report, clock)
    report(_PLACED, "writing the report")
    series = {SERIES: series_mark(split_series(path)[1])} if scan.source.is_dir() else {}
    inputs = _report_inputs(scan, normalised, model, device, found, clock.seconds, command)
    inputs = replace(inputs, settings={**inputs.settings, **series})
    inputs = replace(inputs, reference=reference, reference_origin=reference_origin)
    from brainstem_app.jobs.scans.segment_results import write_results

    written = write_results(
        folder, scan, normalised, prediction, found, inputs, model.atlas, surfaces=surfaces
    )
    name = name or folder.name
    for role, file in found.artifacts.items():
        reporter.artifact(role, folder / file, name)
    reporter.artifact("folder", folder, name)
    # Without a usual confidence to compare with, nearly every scan has some nucleus of low confidence.
    passed_over = () if model.card.usual_confidence else (LOW_CONFIDENCE_CODE,)
    for finding in written.warnings:
        if finding.level is Level.WARNING and finding.code not in passed_over:
            reporter.warn(f"{name}: {finding.problem}", path, finding.fix)


def _labelled(
    scan: Scan, path: Path, model: LoadedModel, report: ProgressCallback, clock: Stopwatch
) -> tuple[Normalised, Prediction, OnScan, str]:
    """Normalise a scan, label it, and bring the labels back onto it; and what device the network used.

    What needs one core only is begun as early as it can be, beside the rest.
    """
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(1) as beside:
        opening: list[Future[Predictor]] = []
        normalised = normalise_scan(
            scan,
            space=model.card.space,
            report=within(report, _READ, _NORMALISED),
            # For each scan anew, and not before: while the brain is looked for, the memory is needed there.
            after_brain=lambda: opening.append(beside.submit(model.open_network)),
        )
        clock.seconds.update(normalised.timings)
        require_plausible(normalised, path)
        masked = nuclei_outside_mask(scan, normalised.transforms.mni_to_native, model.atlas)
        normalised = replace(normalised, findings=(*normalised.findings, *masked))
        plane: Callable[[], MidsagittalPlane] | None = None
        if model.regions is not None and model.card.method.fit.from_warp:
            plane = beside.submit(find_midsagittal_plane, normalised.image, normalised.transforms).result
        with clock.measure("predict"):
            network = opening.pop().result() if opening else model.open_network()
            prediction = predict_box(
                network, normalised.box, model.context, within(report, _NORMALISED, _PREDICTED)
            )
            device = network.device
            del network
        _require_nuclei(prediction, model.atlas, path)
        report(_PREDICTED, "bringing the labels back onto the scan")
        with clock.measure("back to native"):
            atlas, regions = model.context.atlas, model.regions
            found = on_scan(scan, normalised, prediction, atlas, regions, plane)
    return normalised, prediction, found, device


def _make_ready(model: LoadedModel) -> None:
    """Load what writes results and what the bend needs, half a second: beside the work, on another core."""
    import_module("brainstem_app.jobs.scans.segment_results")
    if model.card.method.fit_atlas:
        import_module("brainstem_app.models.atlas_fit")
    if model.context.method.fit_atlas and model.context.method.fit.needs_images:
        model.context.template()


class Stopwatch:
    """Seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        """Measure what happens inside."""
        start = time.monotonic()
        yield
        self.seconds[step] = time.monotonic() - start


def require_plausible(normalised: Normalised, path: Path) -> None:
    """Refuse a normalisation with a finding of level ``error``: its labels would be nonsense.

    Raises
    ------
    ImplausibleResultError
        With the first such finding.
    """
    for finding in normalised.findings:
        if finding.level is Level.ERROR:
            raise ImplausibleResultError(finding.problem, path, finding.fix)


def _require_nuclei(prediction: Prediction, atlas: AnyAtlas, path: Path) -> None:
    nuclei = [structure.index for structure in atlas.table.nuclei]
    if not np.isin(prediction.most_probable, nuclei).any():
        raise ImplausibleResultError(
            "The network finds not one nucleus in this scan, so no labels are written.",
            path,
            "Look whether it is a T1-weighted head with the whole brainstem, and the model a trained one.",
        )


def _report_inputs(
    scan: Scan,
    normalised: Normalised,
    model: LoadedModel,
    device: str,
    found: OnScan,
    timings: dict[str, float],
    command: tuple[str, ...],
) -> ReportInputs:
    fit = normalised.fit
    return ReportInputs(
        labels_native=found.labels,
        labels_affine=scan.affine,
        table=model.atlas.table,
        atlas_name=model.atlas.name,
        atlas_version=model.atlas.version,
        atlas_citations=citations_of(model.atlas),
        model=describe_model(model.card, model.weights),
        scan=scan,
        confidence_native=found.confidence,
        soft=found.soft,
        regions=found.regions,
        findings=normalised.findings,
        brain_ml=round(normalised.brain_ml, 1),
        intracranial_ml=_rounded(normalised.intracranial_ml),
        settings={
            "space": model.card.space,
            "engine": model.engine,
            "model": model.card.name,
            **({} if isinstance(model.atlas, Atlas) else {"own_labels": True}),
            "mirror": model.card.method.mirror,
            "fit_atlas": model.card.method.fit_atlas,
            "from_warp": found.map is not None,
            "mean_warp": model.warp is not None,
            "network_weight": model.card.method.fit.rounds[-1].network_weight,
            "temperature": round(model.card.method.temperature, 4),
            "fit_correlation": round(fit.correlation, 4),
            "fit_coverage": round(fit.coverage, 4),
        },
        timings=timings,
        files=_files(scan, model),
        device=device,
        command=command,
    )


def _rounded(volume_ml: float | None) -> float | None:
    return None if volume_ml is None else round(volume_ml, 1)


def _files(scan: Scan, model: LoadedModel) -> dict[str, Path]:
    """Files the manifest holds the hashes of, by their role."""
    files = {"scan": scan.source, "model": model.weights}
    if model.atlas.folder is not None:
        files["atlas"] = defining_file(model.atlas.folder)
    return files


def expand_scans(paths: Sequence[Path], reporter: Reporter) -> tuple[list[ScanInput], list[str]]:
    """Return the scans to do, and the names of paths that hold none and of scans that may be anybody's.

    Raises
    ------
    InputError
        If none of the paths holds a scan that can be used.
    """
    good: list[Path] = []
    refused: list[str] = []
    for path in paths:
        with reporter.refusing(path.name, refused, only=len(paths) == 1):
            expand_inputs([path])
            good.append(path)
    found = expand_inputs(good) if good else []
    scans: list[ScanInput] = []
    for scan in found:
        with reporter.refusing(scan.name, refused, only=len(found) + len(refused) == 1):
            require_clear_name(scan.path)
            scans.append(scan)
    if not scans:
        raise InputError(
            "None of the paths holds a scan that can be used.",
            None,
            "The warnings above say why for each of them.",
        )
    return scans, refused
