"""Measure how sure a model usually is of each nucleus; write docs/results/usual-confidence.md.

    python tests/benchmarks/write_usual_confidence.py --data DATA --work FOLDER
        [--model NAME] [--tests N] [--card]

What is usual comes from the validation subjects of `tests/consensus/write_study.py`, segmented as users do.
Then it is counted of how many nuclei a report warns: in them, in the first N of the test subjects, which
choose nothing, and in odd versions of three validation subjects (`odd_scans.py`, `odd_heads.py`). FOLDER
keeps the results. With --card the model's card gets the usual confidence.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import nibabel as nib
import numpy as np
from benchmark_segment import machine
from numpy.typing import NDArray
from write_odd_scans import Bench, name_of, plain, versions

from brainstem_app.atlas.label_table import Group
from brainstem_app.evaluation.usual_confidence import (
    FAR_Z,
    LEAST_DROP,
    UsualConfidences,
    often_low,
    usual_confidences,
)
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.spaces import Affine
from brainstem_app.jobs.job import SegmentJob
from brainstem_app.jobs.run import run_job
from brainstem_app.models.card import ModelCard
from brainstem_app.models.library import find_model
from brainstem_app.reports.scan.confidence import confidence_marks
from brainstem_app.reports.scan.model import Report

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "consensus"))
from write_study import TEST, VALIDATION  # noqa: E402

PAGE = ROOT / "docs" / "results" / "usual-confidence.md"
#: Odd versions of a stripped head and of a whole one that are segmented.
ODD: dict[tuple[str, str], tuple[str, ...]] = {
    ("ds002748", "08"): (
        "stronger contrast (gamma 2)",
        "noise of 15 % of white matter",
        "blurred, 3.5 mm FWHM",
        "voxels of 3×3×3 mm",
        "voxels of 1×1×4 mm",
        "stripped, mask eroded by 3 mm",
        "stripped, mask with two holes of 10 mm at the brainstem",
    ),
    ("ds000011", "02"): (
        "tilted: 45° nodded",
        "large ventricles (2.5 times as wide)",
        "stripped, mask eroded by 3 mm",
        "stripped, mask with two holes of 10 mm at the brainstem",
    ),
}
#: Another whole head, and the noise that is added to it, in parts of white matter.
NOISY, NOISE = ("ds000011", "05"), (0.3, 0.5)
_MOST_TOLD = 5
#: Confidence of each nucleus of a scan by its name.
Confidences = Mapping[str, float]


def main() -> None:
    """Read the arguments, measure, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", default="brainstem31")
    parser.add_argument("--tests", type=int, default=len(TEST.split()))
    parser.add_argument("--card", action="store_true")
    given = parser.parse_args()
    model = find_model(given.model)
    card = model.card

    def confidences(subjects: Iterable[tuple[str, str]]) -> dict[str, Confidences]:
        scans = [(f"{dataset} sub-{n}", scan_of(given.data, dataset, n)) for dataset, n in subjects]
        return {name: segmented(name, scan, given.work, card.name) for name, scan in scans}

    chosen = confidences((dataset, n) for dataset, numbers in VALIDATION.items() for n in numbers.split())
    usual = usual_confidences(
        list(chosen.values()), f"{len(chosen)} validation subjects ({', '.join(chosen)})"
    )
    if usual is None:
        raise SystemExit("Too few people for a usual confidence.")
    tested = confidences(("ds002748", n) for n in TEST.split()[: given.tests])
    odd = dict(odd_versions(given.data, given.work, card.name))
    PAGE.write_text("\n".join(page(card, usual, chosen, tested, odd)), encoding="utf-8")
    if given.card:
        card.model_copy(update={"usual_confidence": usual}).save(model.folder)


def scan_of(data: Path, dataset: str, number: str) -> Path:
    """T1-weighted scan of a subject."""
    return data / dataset / f"sub-{number}" / "anat" / f"sub-{number}_T1w.nii.gz"


def segmented(name: str, scan: Path, work: Path, model: str) -> Confidences:
    """Segment a scan, unless that is done, and read the confidences of its report."""
    folder = work / plain(name)
    if not (folder / "report.json").exists():
        job = SegmentJob(scans=(scan,), out=work, name=folder.name, model=model)
        if status := run_job(job, lambda event: None, lambda: False):
            raise SystemExit(f"{scan} was not segmented: {status}")
    report = Report.read(folder / "report.json", "The report is damaged.", "Delete it.")
    nuclei = [s for s in report.structures if s.group is Group.NUCLEUS]
    return {s.name: s.confidence for s in nuclei if s.confidence is not None}


def odd_versions(data: Path, work: Path, model: str) -> Iterator[tuple[str, Confidences]]:
    """Make odd versions of scans, unless their results are there, and segment them."""
    for (dataset, number), names in ODD.items():
        path = scan_of(data, dataset, number)
        files = {name: work / f"{plain(f'{name_of(path)} {name}')}.nii.gz" for name in names}
        if not all(_is_there(file) for file in files.values()):
            bench = Bench(work / "odd", [model])
            for odd in versions(bench, path, only_masks=dataset == "ds000011"):
                if odd.name in files:
                    _save(odd.data, odd.affine, files[odd.name])
        for name, file in files.items():
            yield f"{dataset} sub-{number}: {name}", segmented(_stem(file), file, work, model)
    yield from _noisy_versions(scan_of(data, *NOISY), work, model)


def _noisy_versions(path: Path, work: Path, model: str) -> Iterator[tuple[str, Confidences]]:
    scan, rng = read_scan(path), np.random.default_rng(0)
    white = np.percentile(scan.data[scan.data > scan.data.mean()], 90)
    for share in NOISE:
        real, imaginary = rng.normal(0, share * white, (2, *scan.shape)).astype(np.float32)
        name = f"noise of {100 * share:.0f} % of white matter"
        file = work / f"{plain(f'{name_of(path)} {name}')}.nii.gz"
        if not _is_there(file):
            _save(np.hypot(scan.data + real, imaginary), scan.affine, file)
        yield f"{NOISY[0]} sub-{NOISY[1]}: {name}", segmented(_stem(file), file, work, model)


def _stem(file: Path) -> str:
    return file.name.removesuffix(".nii.gz")


def _is_there(file: Path) -> bool:
    return (file.parent / _stem(file) / "report.json").exists()


def _save(data: NDArray[np.float32], affine: Affine, file: Path) -> None:
    image = nib.Nifti1Image(np.clip(data, 0, 32000).astype(np.int16), affine)
    image.header.set_xyzt_units("mm")
    nib.save(image, file)


def marked(own: Confidences, card: ModelCard, usual: UsualConfidences | None, mark: str) -> list[str]:
    """Nuclei of a scan that a report would give a mark, with a usual confidence or without."""
    limit = card.method.low_confidence
    nuclei = {} if usual is None else usual.nuclei
    return [name for name, value in own.items() if confidence_marks(value, limit, nuclei.get(name))[mark]]


def page(
    card: ModelCard,
    usual: UsualConfidences,
    chosen: Mapping[str, Confidences],
    tested: Mapping[str, Confidences],
    odd: Mapping[str, Confidences],
) -> list[str]:
    """Lines of the page."""
    limit = card.method.low_confidence
    always = ", ".join(often_low(usual.nuclei, limit))
    return [
        "# How sure the model usually is of each nucleus",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by "
        f"`tests/benchmarks/write_usual_confidence.py`; model `{card.name}` version {card.version}.",
        "",
        f"A nucleus whose confidence is below the model's limit, {limit:.3f} "
        "([calibration](calibration.md)), has an asterisk in the table of a report. Of some nuclei the model "
        "is never sure, so that nearly everybody has such a nucleus. A report warns only of those that are "
        "unusually low: below the limit, and below the usual range of this nucleus.",
        "",
        f"- *Usual range*: from the median of {usual.measured_on} down by {FAR_Z:g} standard deviations "
        f"(1.4826 · MAD), at least by {LEAST_DROP:g}: the rule by which Quality compares the results of a "
        "study with each other. No standard deviation is taken for smaller than that of the nucleus in the "
        f"middle: with {usual.subjects} people it is rough, and a percentile could not be told at all.",
        "- The model was not trained on these people, but the epoch, the temperature and the limit were "
        "chosen on them. The two numbers of the rule were those of Quality before; they were not fitted to "
        "anything on this page, and nothing was chosen on the test subjects. The validation subjects can "
        "hardly lie below their own range: what counts are the others.",
        "- All are adults of two open datasets without a known disease of the brainstem; many have a mild "
        "depression. No scan is here of a patient with one, with motor neuron disease say: whether the model "
        "becomes unsure of a nucleus that is diseased is not known, and a report without a warning says "
        "nothing of health.",
        f"- Often below the limit (in about one person in six, or more): {always}. The report names them "
        "once, among its limits.",
        "",
        "## Who is warned of",
        "",
        "| scans | number | before: with a warning | nuclei a scan | now: with a warning | nuclei a scan |",
        "|---|---|---|---|---|---|",
        _counts("validation subjects", chosen, card, usual),
        _counts(f"test subjects (the first {len(tested)} of {len(TEST.split())})", tested, card, usual),
        _counts("odd versions of three validation subjects", odd, card, usual),
        "",
        "| odd version | mean confidence | below the limit | warned of now |",
        "|---|---|---|---|",
        *(_odd_row(name, own, card, usual) for name, own in odd.items()),
        "",
        "What is wrong with such a scan as a whole is said by other warnings ([odd scans](odd-scans.md), "
        "[wrongly made scans](bad-scans.md)); an odd scan whose labels lie right needs none.",
        "",
        "## Each nucleus",
        "",
        "| nucleus | median | standard deviation | lower end of the usual range | subjects below the limit |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {own.median:.3f} | {own.spread:.3f} | {own.lowest:.3f} | "
            f"{sum(person[name] < limit for person in chosen.values())} of {usual.subjects} |"
            for name, own in usual.nuclei.items()
        ),
        "",
    ]


def _counts(name: str, scans: Mapping[str, Confidences], card: ModelCard, usual: UsualConfidences) -> str:
    cells = [name, str(len(scans))]
    for known, mark in ((None, "low_confidence"), (usual, "unusual_confidence")):
        each = [len(marked(own, card, known, mark)) for own in scans.values()]
        cells += [str(sum(n > 0 for n in each)), f"{np.mean(each):.1f}" if each else "–"]
    return f"| {' | '.join(cells)} |"


def _odd_row(name: str, own: Confidences, card: ModelCard, usual: UsualConfidences) -> str:
    low = marked(own, card, None, "low_confidence")
    unusual = marked(own, card, usual, "unusual_confidence")
    told = ", ".join(f"{n} ({own[n]:.2f}, usually {usual.nuclei[n].median:.2f})" for n in unusual)
    if len(unusual) > _MOST_TOLD:
        told = f"{len(unusual)} nuclei"
    return f"| {name} | {np.mean(list(own.values())):.2f} | {len(low)} | {told or '–'} |"


if __name__ == "__main__":
    main()
