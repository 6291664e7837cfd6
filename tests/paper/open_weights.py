"""Make a network that came back with eight bits a weight a run of a study, to look into or to evaluate.

    python tests/paper/open_weights.py --study STUDY --parts FOLDER RUN

FOLDER holds ``RUN.npz.00``, ``.01`` … as `run_grids.py` packed them; the settings of RUN are read from
`tests/paper/cells`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from pack_results import join_parts
from packed_cells import SETTINGS_FILE
from small_weights import load_small

from brainstem_app.jobs.job import TrainJob, write_job
from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.study.study import Study
from kerasmodels import build_model
from kerasmodels.export.keras_file import save_keras

CELLS = Path(__file__).resolve().parent / "cells"


def main() -> None:
    """Read the arguments and write ``config.json`` and ``best.keras`` of the run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--parts", type=Path, required=True)
    parser.add_argument("--cells", type=Path, default=CELLS)
    parser.add_argument("run")
    arguments = parser.parse_args()
    study = Study.open(arguments.study.resolve())
    settings = json.loads((arguments.cells / arguments.run / SETTINGS_FILE).read_text(encoding="utf-8"))
    settings.pop("variant")
    job = TrainJob.model_validate({**settings, "study": study.folder, "run": arguments.run})
    model = build_model(job.decoder, job.encoder, study_atlas(study).table.n_classes, job.input.shape)
    with tempfile.TemporaryDirectory() as folder:
        joined = Path(folder) / f"{arguments.run}.npz"
        join_parts(arguments.parts, joined)
        load_small(model, joined)
    run = study.run_folder(arguments.run)
    run.mkdir(parents=True, exist_ok=True)
    write_job(job, run / "config.json")
    save_keras(model, run / "best.keras")


if __name__ == "__main__":
    main()
