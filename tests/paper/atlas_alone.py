"""What the atlas alone gives on a study's test subjects, as counts, into atlas_alone.npz.

    python tests/paper/atlas_alone.py STUDY

No network: the atlas lies where the normalisation of the study has placed the scan.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lean_cell import atlas_alone
from packed_cells import ATLAS_ALONE_FILE, save_counts

from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.study.study import Study

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Count, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--out", type=Path, default=HERE / ATLAS_ALONE_FILE)
    arguments = parser.parse_args()
    study = Study.open(arguments.study)
    references = {name: study.load_box(name).labels for name in study.splits().test}
    save_counts(arguments.out, atlas_alone(study_atlas(study), references))


if __name__ == "__main__":
    main()
