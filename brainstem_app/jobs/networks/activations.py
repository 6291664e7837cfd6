"""Activation maps of a run's network on slices of one subject."""

from __future__ import annotations

import shlex

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.errors import InputError
from brainstem_app.jobs.job import ActivationsJob, TrainJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.networks.run_splits import run_splits, training_of
from brainstem_app.jobs.provenance import as_json
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.models.slices import box_to_slices, enlarge
from brainstem_app.reports.activations import ActivationInputs, LayerMaps, write_activations
from brainstem_app.reports.scan.levels import levels_of
from brainstem_app.study.study import Study
from brainstem_app.written_files import BEST_NETWORK
from kerasmodels.activations import activations, layer_names
from kerasmodels.export.keras_file import load_keras


def write_activation_maps(job: ActivationsJob, reporter: Reporter) -> Summary:
    """Write ``activations.html`` and ``activations.csv`` of a run, into its folder if no other is given.

    Raises
    ------
    InputError
        If the run has no network, or the study no such subject.
    JobCancelled
        If the user cancels.
    """
    study = Study.open(job.study)
    folder = study.run_folder(job.run)
    trained = training_of(study, job.run)
    subject = _subject(study, trained, job.subject)
    reporter.progress(0, 3, "loading the network")
    model = load_keras(folder / BEST_NETWORK)
    reporter.progress(1, 3, "running the slices through it")
    box = study.load_box(subject)
    levels = _levels(box.labels, study_atlas(study).table)
    slices = box_to_slices(box.image.astype(np.float32, copy=False))
    images = enlarge(trained.input.stack(slices)[list(levels.values())], trained.input.size)
    found = activations(model, images, layer_names(model, every=job.every_layer))
    reporter.progress(2, 3, "drawing the maps")
    out = job.out or folder
    inputs = ActivationInputs(
        run=job.run,
        subject=subject,
        slices={name: slices[z] for name, z in levels.items()},
        layers=[
            LayerMaps(a.layer, a.shape, a.strength, a.channels, a.zeros, a.silent, a.effective) for a in found
        ],
        settings=as_json(trained.model_dump(exclude={"study", "version", "kind", "run"})),
        command=shlex.join(
            job.command_line(
                {
                    "study": shareable(study.folder),
                    "subject": subject,
                    "out": job.out and shareable(job.out),
                }
            )
        ),
    )
    write_activations(out, inputs)
    for role, name in {"activations_html": "activations.html", "activations_csv": "activations.csv"}.items():
        reporter.artifact(role, out / name)
    return {"layers": len(found), "subject": subject, "folder": str(out)}


def _subject(study: Study, trained: TrainJob, wanted: str) -> str:
    splits = run_splits(study, trained)
    names = splits.test or splits.names
    name = wanted or next(iter(names), "")
    if name not in splits.names:
        raise InputError(
            f"The study has no subject “{name}”." if name else "The study has no subject.",
            study.folder,
            f"Give one of its subjects, such as {', '.join(names[:3])}.",
        )
    return name


def _levels(labels: NDArray[np.uint8], table: LabelTable) -> dict[str, int]:
    """Slices through midbrain, pons and medulla, by the extent of the nuclei; from below upwards."""
    nuclei = [structure.index for structure in table.nuclei]
    return dict(sorted(levels_of(np.isin(labels, nuclei)).items(), key=lambda pair: pair[1]))
