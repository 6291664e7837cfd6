"""Write the mean warp of a study's training subjects beside a model's weights, and its hash into the card.

    python tests/benchmarks/write_mean_warp.py --study STUDY [--model brainstem31]

For a model that was exported before `models export --refine` did so. STUDY must be split as the model's own
was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from brainstem_app.jobs.networks.training_warp import training_warp
from brainstem_app.models.library import MEAN_WARP_FILE, find_model, hash_file
from brainstem_app.study.study import Study


def main() -> None:
    """Read the arguments, write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--model", default="brainstem31")
    arguments = parser.parse_args()
    files = find_model(arguments.model)
    study = Study.open(arguments.study)
    warp = training_warp(study, study.splits().train)
    if warp is None:
        raise SystemExit("No training subject of the study has a fine warp.")
    path = files.folder / MEAN_WARP_FILE
    warp.save(path)
    hashes = {**files.card.sha256, MEAN_WARP_FILE: hash_file(path)}
    files.card.model_copy(update={"sha256": hashes}).save(files.folder)


if __name__ == "__main__":
    main()
