"""Collect what is made: pack the consensuses, and write the page and the table of the atlas from all of them.

    python tests/consensus/write_consensus.py --work WORK [--ants-python PYTHON]

Reads the subjects that `make_members.py` has finished in WORK, computes the consensus and the measures of
those that have none yet (some CPU-seconds each), and adds them to `consensus.npz` and `consensus.json`:
subjects of which WORK knows nothing stay. May be run at any time, and again when there are more; after a
change of `agreement.py` or `measures.py`, delete the `measures.json` in the subjects' folders first.

The table is resources/atlas/brainstem31/disagreement.json: from it the program says by how much references
disagree.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from agreement import KEPT
from make_members import DATASETS, is_complete
from measures import (
    AFFINE,
    CONSENSUS,
    KEPT_FILE,
    Agreement,
    KeptMeasures,
    SubjectMeasures,
    load_kept,
    load_made,
    measured,
    save_kept,
)
from members import MEMBERS
from packed_consensus import PACKED_FILE, PlacedConsensus, load_consensus, save_packed, subjects_in

from brainstem_app.atlas.disagreement import DISAGREEMENT_FILE_NAME, DisagreementTable, NucleusDisagreement
from brainstem_app.atlas.label_table import Structure
from brainstem_app.atlas.library import DEFAULT_ATLAS, load_atlas
from brainstem_app.imaging.atomic import write_text
from brainstem_app.imaging.spaces import BOX

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "benchmarks"))
from benchmark_segment import machine  # noqa: E402

TABLE_FILE = ROOT / "resources" / "atlas" / DEFAULT_ATLAS / DISAGREEMENT_FILE_NAME
FINE = "dipy-fine"
WAYS = {
    AFFINE: "affine alone",
    FINE: "SyN 60/40/20 (dipy): today's reference",
    "dipy-stiff": "SyN 50/30/10, radius 3, smoother (dipy)",
    "ants-cc": "own affine, then SyN, local correlation (ANTs)",
    "ants-mi": "SyN, mutual information (ANTs)",
    "dipy-edges": "SyN on edges (dipy)",
    "demons": "demons on locally standardised images (ITK)",
    CONSENSUS: "consensus",
}
INTRODUCTION = (
    "No scan here has an expert's nuclei, and one registration is one opinion. So each scan, placed by",
    f"the program's affine, was registered to the template in {len(MEMBERS)} ways that fail differently.",
    "The consensus is the geometric median of their displacements at every voxel, smoothed by 1 mm (more",
    "where it would fold); the disagreement is the root mean square distance of the registrations from",
    "it. A consensus is what registrations agree on, not the truth: what all of them miss, it misses.",
)
WAYS_HEAD = ("way", "mm", "mIoU", "of the others: mm", "mIoU", "NCC", "folds", "CPU-s")
WAYS_EXPLAINED = (
    "*mm*: mean distance of surfaces, mean over nuclei and subjects (in brackets: the subject with the",
    "most). *Of the others*: the consensus made without this member, the fair figure beside the affine,",
    "which is no member. *NCC*: correlation of scan and warped template in the brainstem and 2 mm around.",
    "*Folds*: voxels of the box, all subjects together. *CPU-s*: of one thread on a busy machine, without",
    "the placement.",
)
NUCLEI_HEAD = ("nucleus", "grade", "between members", "disagreement", "affine", "IoU", "reference", "IoU")
NUCLEI_EXPLAINED = (
    "In mm but for IoU. *Between members*: mean distance of surfaces over all pairs of members.",
    "*Disagreement*: root mean square distance of the members' displacements from the consensus within the",
    "nucleus; shifts along a border count here and not there. *Affine*: distance from the consensus.",
    "*Reference*: today's, from the consensus of the other members.",
)
DOUBTED_HEAD = ("subject", "between members", "affine", "reference", "smoothing", "the program said")
DOUBTED = 5
ASK_VERSION = "from importlib.metadata import version; print(version('antspyx'))"
Measured = dict[str, SubjectMeasures]


def main() -> None:
    """Read the arguments, add what is new, and write the page and the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--ants-python", type=Path)
    parser.add_argument("--packed", type=Path, default=PACKED_FILE)
    parser.add_argument("--measures", type=Path, default=KEPT_FILE)
    parser.add_argument("--table", type=Path, default=TABLE_FILE)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    arguments = parser.parse_args()
    folders = [folder for dataset in DATASETS for folder in sorted((arguments.work / dataset).glob("sub-*"))]
    found = {f"{f.parent.name}/{f.name}": measured(f) for f in folders if is_complete(f)}
    made = {subject: load_made(arguments.work / subject) for subject in found}
    save_packed(arguments.packed, made, KEPT.affine[:3, 3])
    kept = load_kept(arguments.measures)
    for subject, measures in found.items():
        packing = _packing_mm(arguments.packed, subject, made[subject])
        kept[subject] = KeptMeasures(measures=measures, packing_mm=packing)
    save_kept(kept, arguments.measures)
    everything = {subject: one.measures for subject, one in kept.items()}
    write_text(arguments.table, _table(everything).model_dump_json(by_alias=True, indent=1) + "\n")
    text = _page(everything, arguments.ants_python, _packed(arguments.packed, kept))
    write_text(arguments.out / "consensus.md", text)


def _packing_mm(path: Path, subject: str, made: PlacedConsensus) -> tuple[float, float]:
    """Mean and largest distance, within the box, of a packed displacement from what was packed."""
    inside = tuple(
        slice(a, a + n) for a, n in zip(np.subtract(BOX.start, KEPT.start), BOX.shape, strict=True)
    )
    read, _ = load_consensus(subject, path=path)
    apart = np.linalg.norm(read.field - made.displacement[inside], axis=-1)
    return float(apart.mean()), float(apart.max())


def _packed(path: Path, kept: Mapping[str, KeptMeasures]) -> str:
    """Say what the packed file is, and how far it is from what was packed, within the box."""
    mean = np.mean([one.packing_mm[0] for one in kept.values()])
    largest = max(one.packing_mm[1] for one in kept.values())
    return (
        f"`tests/consensus/consensus.npz` ({path.stat().st_size / 1e6:.1f} MB, {len(subjects_in(path))} "
        f"subjects) holds it on a grid of 2 mm; `load_consensus` reads it within {mean:.3f} mm "
        f"({largest:.2f} mm at most)."
    )


def _table(everything: Measured) -> DisagreementTable:
    """Make what the program shows beside its distances, of all subjects."""
    atlas = load_atlas(DEFAULT_ATLAS)
    rows = everything.values()
    between = np.nanmean([m.between_mm for m in rows], axis=0)
    reference = np.nanmean([m.to_others[FINE].assd_mm for m in rows], axis=0)
    return DisagreementTable(
        atlas=atlas.name,
        atlas_version=atlas.version,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        made_by="tests/consensus/write_consensus.py; docs/results/consensus.md",
        source=f"T1-weighted scans, one of a person: {_counts(everything)} (OpenNeuro, OpenfMRI)",
        licence="GPL-3.0-or-later; the scans: CC0 (ds002748), PDDL 1.0 (ds000011)",
        subjects=len(everything),
        registrations=MEMBERS,
        nuclei={
            nucleus.name: NucleusDisagreement(between_mm=round(float(a), 3), reference_mm=round(float(b), 3))
            for nucleus, a, b in zip(atlas.table.nuclei, between, reference, strict=True)
        },
    )


def _counts(everything: Measured) -> str:
    return ", ".join(f"{sum(s.startswith(name) for s in everything)} of {name}" for name in DATASETS)


def _page(everything: Measured, ants_python: Path | None, packed: str) -> str:
    lines = [
        "# A consensus of registrations",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}; {_versions(ants_python)}. Written by",
        f"`tests/consensus/write_consensus.py` from {len(everything)} subjects ({_counts(everything)}).",
        "",
        *INTRODUCTION,
        packed,
        "",
        "## Each way",
        "",
        *_ways(everything),
        "",
        *WAYS_EXPLAINED,
        f"Placement and all members together: {_whole_cost(everything):.0f} CPU-s a subject.",
        "",
        "## Each nucleus",
        "",
        *_nuclei(everything),
        "",
        *NUCLEI_EXPLAINED,
        "",
        "## Subjects on which the registrations disagree most",
        "",
        *_doubted(everything),
        "",
    ]
    return "\n".join(lines)


def _versions(ants_python: Path | None) -> str:
    known = f"dipy {version('dipy')}, SimpleITK {version('SimpleITK')}"
    if ants_python is None:
        return known
    asked = subprocess.run([ants_python, "-c", ASK_VERSION], capture_output=True, text=True, check=True)
    return f"{known}, antspyx {asked.stdout.strip()}"


def _ways(everything: Measured) -> list[str]:
    lines = _head(WAYS_HEAD)
    for way, text in WAYS.items():
        to_all = _to({s: m.to_consensus[way] for s, m in everything.items() if way in m.to_consensus})
        to_others = _to({s: m.to_others[way] for s, m in everything.items() if way in m.to_others})
        ncc = np.mean([measures.ncc[way] for measures in everything.values()])
        folded = sum(measures.folds[way] for measures in everything.values())
        cpu = [measures.cpu_s[way] for measures in everything.values() if way in measures.cpu_s]
        cost = f"{np.mean(cpu):.1f}" if cpu else "–"
        lines.append(f"| {text} | {to_all} | {to_others} | {ncc:.3f} | {folded} | {cost} |")
    return lines


def _whole_cost(everything: Measured) -> float:
    return float(np.mean([sum(measures.cpu_s.values()) for measures in everything.values()]))


def _to(found: Mapping[str, Agreement]) -> str:
    """Two cells: mean distance with the worst subject's, and mean IoU."""
    if not found:
        return "– | –"
    mm = {subject: float(np.nanmean(agreement.assd_mm)) for subject, agreement in found.items()}
    worst = max(mm, key=lambda subject: mm[subject])
    iou = np.mean([np.nanmean(agreement.iou) for agreement in found.values()])
    return f"{np.mean(list(mm.values())):.2f} ({worst.rpartition('/')[2]}: {mm[worst]:.2f}) | {iou:.3f}"


def _nuclei(everything: Measured) -> list[str]:
    nuclei = load_atlas(DEFAULT_ATLAS).table.nuclei
    rows = list(everything.values())
    columns = (
        [m.between_mm for m in rows],
        [m.disagreement_mm for m in rows],
        [m.to_consensus[AFFINE].assd_mm for m in rows],
        [m.to_consensus[AFFINE].iou for m in rows],
        [m.to_others[FINE].assd_mm for m in rows],
        [m.to_others[FINE].iou for m in rows],
    )
    means = np.stack([np.nanmean(column, axis=0) for column in columns], axis=-1)
    lines = _head(NUCLEI_HEAD)
    lines += [_nucleus(structure, row) for structure, row in zip(nuclei, means, strict=True)]
    return [*lines, f"| mean | – | {_cells(means.mean(axis=0))} |"]


def _nucleus(structure: Structure, values: Iterable[float]) -> str:
    return f"| {structure.name} | {structure.reliability} | {_cells(values)} |"


def _head(names: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]


def _cells(values: Iterable[float]) -> str:
    return " | ".join(f"{value:.2f}" for value in values)


def _doubted(everything: Measured) -> list[str]:
    def between(subject: str) -> float:
        return float(np.nanmean(everything[subject].between_mm))

    worst = sorted(everything, key=between, reverse=True)[:DOUBTED]
    lines = _head(DOUBTED_HEAD)
    for subject in worst:
        m = everything[subject]
        lists = (m.between_mm, m.to_consensus[AFFINE].assd_mm, m.to_others[FINE].assd_mm)
        distances = [float(np.nanmean(values)) for values in lists]
        lines.append(f"| {subject} | {_cells(distances)} | {m.smoothing_mm} | {m.warnings or '–'} |")
    return lines


if __name__ == "__main__":
    main()
