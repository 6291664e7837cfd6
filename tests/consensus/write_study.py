"""Make a study of the open subjects whose reference labels are the consensus, to train in.

    python tests/consensus/write_study.py --data DATA --work WORK --study STUDY

Each subject gets the box of its scan, the labels under the consensus, and as uncertainty its disagreement
(mm). WORK holds what `make_members.py` made; without it a subject's scan is placed now, and its consensus
taken from `consensus.npz`, or it is left out. Where `prepare`'s own registration is among the members,
`evaluate` measures its labels beside. Subjects that are there are kept.

With ``--space nonlinear`` each scan is normalised anew, with the paper's smooth warp (a minute of CPU time a
subject), and its packed consensus carried to where that warp brings it: the same labels in another space.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from agreement import KEPT, consensus_of
from make_members import DATASETS, PLACED_FILE, Placed, is_complete, place, scan_of, subjects_in_order
from members import MEMBERS, load_member
from numpy.typing import NDArray
from packed_consensus import load_consensus, subjects_in

from brainstem_app.atlas.library import Atlas, load_atlas
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.spaces import AROUND_BOX, BOX_SHAPE, BOX_START, Region, Space, box_affine
from brainstem_app.jobs.provenance import as_json, file_hashes, software_versions
from brainstem_app.jobs.studies.study_atlas import labels_hash
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.reference import crop_displacement, reference_labels
from brainstem_app.preprocessing.transforms import Displacement, grid_points
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, StudySettings, SubjectRecord
from brainstem_app.written_files import (
    FINE_WARP_FILE,
    LABELS_BOX_FILE,
    REPEAT_BOX_FILE,
    SCAN_BOX_FILE,
    TRANSFORMS_FOLDER,
    UNCERTAINTY_FILE,
)

#: `prepare`'s own registration among the members.
PREPARES = "dipy-fine"
# The test subjects of `prepare` with its usual seed; the validation subjects choose the epoch.
TEST = "01 02 04 05 09 15 16 17 19 21 24 25 30 34 36 39 42 46 51 53 61 64 65 69 71 72"
VALIDATION = {"ds002748": "08 31 47 59", "ds000011": "02 05"}


def main() -> None:
    """Read the arguments, write the study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--space", type=Space, choices=tuple(Space), default=Space.AFFINE)
    arguments = parser.parse_args()
    atlas = load_atlas("brainstem31")
    settings = StudySettings(
        dataset=" and ".join(DATASETS),
        space=arguments.space,
        atlas=atlas.name,
        atlas_version=atlas.version,
        atlas_sha256=labels_hash(atlas),
        seed=0,
    )
    study = Study.create(arguments.study, settings)
    packed = subjects_in()
    for subject in subjects_in_order(arguments.data):
        made = arguments.work / subject
        if subject not in packed and (arguments.space is Space.NONLINEAR or not is_complete(made)):
            print(f"{subject} is left out: it has no consensus")
        elif study.subject(name_of(subject)) is None:
            write_subject(study, subject, scan_of(arguments.data, subject), made, atlas)
    study.save_splits(splits_of([record.name for record in study.finished_subjects()]))


def name_of(subject: str) -> str:
    """``DATASET/SUBJECT`` as a name in the study."""
    return subject.replace("/", "_")


def splits_of(names: list[str]) -> Splits:
    """Who is tested, who chooses the epoch, and all others, who are learned from."""
    test = {f"ds002748_sub-{number}" for number in TEST.split()}
    chosen = {f"{dataset}_sub-{n}" for dataset, numbers in VALIDATION.items() for n in numbers.split()}
    return Splits(
        seed=0,
        train=tuple(name for name in names if name not in test | chosen),
        validation=tuple(name for name in names if name in chosen),
        test=tuple(name for name in names if name in test),
    )


def write_subject(study: Study, subject: str, source: Path, made: Path, atlas: Atlas) -> None:
    """Write one subject's folder; its manifest is the last file."""
    name = name_of(subject)
    folder = study.subject_folder(name)
    (folder / TRANSFORMS_FOLDER).mkdir(parents=True, exist_ok=True)
    grid = box_affine()
    is_bent = study.settings.space == Space.NONLINEAR
    scan, warp, disagreement = _bent(subject, source) if is_bent else _referred(subject, source, made)
    save_volume(folder / SCAN_BOX_FILE, scan, grid, space="mni")
    warp.save(folder / TRANSFORMS_FOLDER / FINE_WARP_FILE)
    save_label_map(folder / LABELS_BOX_FILE, reference_labels(atlas.labels, warp), grid, space="mni")
    save_volume(folder / UNCERTAINTY_FILE, disagreement, grid, space="mni")
    if not is_bent and (made / f"{PREPARES}.npz").exists():
        own = crop_displacement(Displacement(load_member(made / f"{PREPARES}.npz")[0], AROUND_BOX.affine))
        save_label_map(folder / REPEAT_BOX_FILE, reference_labels(atlas.labels, own), grid, space="mni")
    SubjectRecord(
        name=name,
        person=name,
        state="finished",
        source=str(source),
        sha256=sha256_of(source) or "",
        settings={"space": study.settings.space, **study.settings.atlas_settings},
        files=file_hashes(folder),
        software=as_json(software_versions()),
    ).save(folder / "manifest.json")


def _referred(
    subject: str, source: Path, made: Path
) -> tuple[NDArray[np.float32], Displacement, NDArray[np.float32]]:
    """Scan, consensus and disagreement (mm) in the box."""
    there = (made / PLACED_FILE).exists()
    placed = Placed.load(made / PLACED_FILE) if there else place(source)
    if is_complete(made):
        consensus = consensus_of(np.stack([load_member(made / f"{member}.npz")[0] for member in MEMBERS]))
        warp, apart = crop_displacement(consensus.displacement), _box_of(consensus.disagreement, KEPT)
    else:
        warp, apart = load_consensus(subject, placed.mni_to_native)
    return _box_of(placed.scan, AROUND_BOX), warp, apart


def _bent(subject: str, source: Path) -> tuple[NDArray[np.float32], Displacement, NDArray[np.float32]]:
    """Scan, consensus and disagreement (mm) in the box of the nonlinear space.

    A point y of that space shows what lies at x = y + c(y) in the affine one, with the smooth warp c; its
    label is that of the consensus there, ``atlas(x + d(x))``.
    """
    normalised = normalise_scan(read_scan(source), space=Space.NONLINEAR)
    coarse = normalised.transforms.warp
    assert coarse is not None
    around = Region((BOX_START[0] - 12, BOX_START[1] - 12, -12), (74, 74, 97))
    consensus, apart = load_consensus(subject, normalised.transforms.mni_to_native, region=around)
    points = grid_points(BOX_SHAPE, box_affine())
    there = points + coarse.at(points)
    warp = (there + consensus.at(there) - points).astype(np.float32).reshape(*BOX_SHAPE, 3)
    distance = Displacement(np.repeat(apart[..., None], 3, axis=-1), around.affine).at(there)[:, 0]
    return normalised.box, Displacement(warp, box_affine()), distance.astype(np.float32).reshape(BOX_SHAPE)


def _box_of(volume: NDArray[np.float32], region: Region) -> NDArray[np.float32]:
    """Cut the box out of a volume that holds a larger region."""
    starts = np.subtract(BOX_START, region.start)
    return volume[tuple(slice(start, start + size) for start, size in zip(starts, BOX_SHAPE, strict=True))]


if __name__ == "__main__":
    main()
