"""Write docs/results/bad-scans.md: what happens to wrongly made scans, and how far their labels would be off.

    python tests/benchmarks/write_bad_scans.py --scan HEAD.nii.gz --work FOLDER [--study STUDY]

Each version of the scan is written as a file, read, checked and placed as `segment` does it. What is done
stays in FOLDER, so that the same command goes on where it stopped. STUDY was made with `prepare`; without it,
the page's part about shifted brainstems stays as it is.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from bad_scans import BadScan, GoodScan, bad_scans
from benchmark_segment import machine
from contrasts import ContrastScan, T1Head, contrasts
from numpy.typing import NDArray
from shifted_brainstems import answers

from brainstem_app.errors import BrainstemError
from brainstem_app.imaging.reading import read_scan, require_usable
from brainstem_app.imaging.scan import Finding, Level, Scan
from brainstem_app.imaging.spaces import Affine, mni_affine
from brainstem_app.preprocessing.n4 import correct_bias
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.skull_strip import brain_mask
from brainstem_app.preprocessing.template import load_template
from brainstem_app.study.study import Study

ROOT = Path(__file__).resolve().parents[2]
FAR_OFF_MM = 3.0
_SHIFTS_TITLE = "## What the check of the fit sees"
_CONTRASTS_TITLE = "## Contrasts that are not T1"


def main() -> None:
    """Read the arguments, examine every version and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scan", type=Path, required=True)
    parser.add_argument("--study", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only-contrasts", action="store_true", help="leave the other parts as they stand")
    parser.add_argument("--most", type=int, help="only the first so many versions")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    scan = read_scan(arguments.scan)
    good = GoodScan(scan, brain_mask(scan.data, scan.affine), _placement(scan, arguments.work))
    out = arguments.out / "bad-scans.md"
    before = out.read_text(encoding="utf-8").split("\n")
    others = [_contrast(each, arguments.work) for each in contrasts(_t1_head(good))]
    if arguments.only_contrasts:
        first, shifts = before[: before.index(_CONTRASTS_TITLE)], before[before.index(_SHIFTS_TITLE) :]
    else:
        versions = islice(bad_scans(good, load_template()), arguments.most)
        outcomes = [_outcome(bad, good, arguments.work) for bad in versions]
        first = _page(outcomes, arguments.scan.name)
        study = arguments.study and Study.open(arguments.study)
        shifts = _shifts(study, arguments.work) if study else before[before.index(_SHIFTS_TITLE) :]
    out.write_text(
        "\n".join([*first, *_contrast_table(others, arguments.scan.name), *shifts]), encoding="utf-8"
    )


def _t1_head(good: GoodScan) -> T1Head:
    corrected = correct_bias(good.scan.data, good.brain, good.scan.voxel_size_mm)
    white = np.float32(np.percentile(corrected[good.brain], 85))
    return T1Head(corrected / white, good.brain, good.scan.affine)


def _contrast(other: ContrastScan, work: Path) -> dict[str, Any]:
    """Read, check and place a scan of another contrast, once."""
    name = "".join(c if c.isalnum() else "-" for c in f"contrast {other.name}")
    known = work / f"{name}.json"
    if not known.exists():
        path = work / f"{name}.nii.gz"
        image = nib.Nifti1Image(other.data, other.affine)
        image.header.set_xyzt_units("mm")
        image.set_sform(other.affine, 1)
        image.set_qform(other.affine, 1)
        nib.save(image, path)
        said = {"name": other.name, "refused": "", "warnings": []}
        scan = read_scan(path)
        try:
            require_usable(scan)
            found = (*scan.findings, *normalise_scan(scan).findings)
            said["refused"] = _first(found, Level.ERROR)
            said["warnings"] = [f.problem for f in found if f.level is Level.WARNING]
        except BrainstemError as error:
            said["refused"] = error.what
        path.unlink()
        known.write_text(json.dumps(said, indent=1), encoding="utf-8")
    return dict(json.loads(known.read_text(encoding="utf-8")))


def _placement(scan: Scan, work: Path) -> Affine:
    """Placement of the good scan, computed once."""
    path = work / "mni_to_native_mm.txt"
    if not path.exists():
        np.savetxt(path, normalise_scan(scan).transforms.mni_to_native)
    return np.loadtxt(path)


def _outcome(bad: BadScan, good: GoodScan, work: Path) -> dict[str, Any]:
    """Read, check and place one version; what is known of it already is not done again."""
    name = "".join(c if c.isalnum() else "-" for c in bad.name)
    known = work / f"{name}.json"
    if known.exists():
        return dict(json.loads(known.read_text(encoding="utf-8")))
    path = work / f"{name}.nii.gz"
    image = nib.Nifti1Image(np.clip(bad.data, 0, 32000).astype(np.int16), bad.affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(bad.affine, 1)
    image.set_qform(bad.affine, 1)
    nib.save(image, path)
    outcome = {"name": bad.name, **_examine(path, bad, good)}
    path.unlink()
    known.write_text(json.dumps(outcome, indent=1), encoding="utf-8")
    return outcome


def _examine(path: Path, bad: BadScan, good: GoodScan) -> dict[str, Any]:
    scan = read_scan(path)
    try:
        require_usable(scan)
        normalised = normalise_scan(scan)
    except BrainstemError as error:
        return {"refused": error.what, "warnings": []}
    fit, findings = normalised.fit, (*scan.findings, *normalised.findings)
    return {
        "refused": _first(findings, Level.ERROR),
        "warnings": [finding.problem for finding in findings if finding.level is Level.WARNING],
        "correlation": fit.correlation,
        "edges": fit.edges,
        "litres": fit.brain_litres,
        "coverage": fit.coverage,
        "off_mm": _off_mm(normalised.transforms.mni_to_native, bad, good),
    }


def _off_mm(mni_to_native: Affine, bad: BadScan, good: GoodScan) -> float:
    """Mean distance, in the good scan, between where the brainstem is put and where it belongs."""
    voxels: NDArray[np.float64] = np.argwhere(load_template().brainstem)[::50].astype(float)
    points = np.c_[voxels, np.ones(len(voxels))] @ mni_affine().T
    put = good.scan.affine @ bad.to_good_voxels @ np.linalg.inv(bad.affine) @ mni_to_native
    apart = points @ (put - good.mni_to_native).T
    return float(np.linalg.norm(apart[:, :3], axis=1).mean())


def _first(findings: tuple[Finding, ...], level: Level) -> str:
    return next((finding.problem for finding in findings if finding.level is level), "")


def _page(outcomes: list[dict[str, Any]], name: str) -> list[str]:
    silent = [o["name"] for o in outcomes[1:] if not o["refused"] and not o["warnings"]]
    harmful = [o["name"] for o in outcomes[1:] if o["name"] in silent and o["off_mm"] > FAR_OFF_MM]
    return [
        "# Wrongly made scans",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by `tests/benchmarks/write_bad_scans.py` from "
        f"`{name}` of ds000011.",
        "",
        "A scan that cannot give labels has to be refused, a doubtful one to be warned of. Each row is the "
        "same good head with one thing made wrong; *off* is how far, on average over the brainstem, labels "
        "would lie from where they belong, as the good scan tells.",
        "",
        "| what is wrong | outcome | correlation | edges | coverage | brain (l) | off (mm) |",
        "|---|---|---|---|---|---|---|",
        *(_row(outcome) for outcome in outcomes),
        "",
        f"Without any word although labels would be more than {FAR_OFF_MM:.0f} mm off: "
        f"{'; '.join(harmful) or 'none'}. Without any word and in place: "
        f"{'; '.join(n for n in silent if n not in harmful) or 'none'}.",
        "",
        "Left and right exchanged in the header cannot be seen by any program: heads are nearly symmetric. "
        "The labels then lie in the right places with the names of the other side.",
        "",
    ]


def _contrast_table(others: list[dict[str, Any]], name: str) -> list[str]:
    silent = [other["name"] for other in others if not other["refused"]]
    return [
        _CONTRASTS_TITLE,
        "",
        f"{datetime.now(UTC):%Y-%m-%d}. The head of `{name}` of ds000011 with its tissues as bright as in "
        "other contrasts (`contrasts.py`; real scans of them are not at hand). What a scan is refused for "
        "is the first thing said. T1-weighted scans, usual and "
        "unusual ones, are on the page [odd scans](odd-scans.md). A DICOM series is refused by its header as "
        "well: modality, echo-planar sequence, echo time, maps of diffusion.",
        "",
        "| contrast | outcome |",
        "|---|---|",
        *(f"| {other['name']} | {_refusal(other)} |" for other in others),
        "",
        f"Not refused: {'; '.join(silent) or 'none'}.",
        "",
    ]


def _refusal(other: dict[str, Any]) -> str:
    return f"**refused**: {other['refused']}" if other["refused"] else "not refused"


def _shifts(study: Study, work: Path) -> list[str]:
    known = work / "shifts.md"
    if not known.exists():
        known.write_text("\n".join(answer.row() for answer in answers(study)), encoding="utf-8")
    number = len(study.finished_subjects())
    return [
        _SHIFTS_TITLE,
        "",
        f"{datetime.now(UTC):%Y-%m-%d}. The {number} prepared subjects of "
        f"{Path(study.settings.dataset).name} as they are, and every third of them after a change that a "
        "failed registration would leave. Correlation with the template in the brainstem, and of its edges "
        "(lowest / median / highest).",
        "",
        "| change | subjects | correlation | edges | warned of | refused |",
        "|---|---|---|---|---|---|",
        *known.read_text(encoding="utf-8").splitlines(),
        "",
    ]


def _row(outcome: dict[str, Any]) -> str:
    said = [f"**refused**: {outcome['refused']}"] if outcome["refused"] else []
    said += [f"warning: {warning}" for warning in outcome["warnings"]]
    numbers = ["–"] * 5
    if "off_mm" in outcome:
        numbers = [
            f"{outcome['correlation']:.2f}",
            f"{outcome['edges']:.2f}",
            f"{100 * outcome['coverage']:.0f} %",
        ]
        numbers += [f"{outcome['litres']:.1f}", f"{outcome['off_mm']:.1f}"]
    return "| " + " | ".join([outcome["name"], "<br>".join(said) or "no word", *numbers]) + " |"


if __name__ == "__main__":
    main()
