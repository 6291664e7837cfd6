"""Write docs/results/paper.md and its figures from the kept cells: the paper's table and figures beside ours.

    python tests/paper/write_paper.py

Reads `cells`, `variants`, `cells-nonlinear` and `chosen.json` beside it and in `small`, `scan_seconds.json`
(`time_scans.py`), `map_capacity.json` (`map_capacity.py`) and `activations.json`
(`write_activation_maps.py`). Nothing is trained; what was not trained is left empty. It also writes the lines
of `kerasmodels/README.md` on which network to take.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from activation_words import activations_section
from kept_cells import SPACE, VARIANT, Kept
from page_choice import choice_section, readme_lines
from page_deeplab import change_words, deeplab_changed, deeplab_section
from page_experiments import figures_section, papers_section, rates_section, write_figures
from page_findings import findings_section
from page_material import Material
from page_table import statistics, tables
from page_text import decoder_name, listed, signed
from variants import VARIANTS

from brainstem_app.counting import counted
from brainstem_app.jobs.many.grids import TABLE_DECODERS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "results" / "paper.md"
README = ROOT / "kerasmodels" / "README.md"
_BEGIN, _END = "<!-- from tests/paper/write_paper.py -->", "<!-- until here -->"


def main() -> None:
    """Read the cells, write page, figures and the README's lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kept", type=Path, default=HERE, help="folder of cells and chosen.json")
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--readme", type=Path, default=README)
    arguments = parser.parse_args()
    material = Material.read(arguments.kept)
    arguments.page.parent.mkdir(parents=True, exist_ok=True)
    write_figures(material, arguments.page.parent)
    arguments.page.write_text(page_text(material), encoding="utf-8")
    if lines := readme_lines(material):
        put_lines(arguments.readme, lines)


def page_text(material: Material) -> str:
    """Text of the page."""
    lines = [
        "# The paper, repeated on open data",
        "",
        *_head(material),
        "## Table 1",
        "",
        *tables(material),
        *statistics(material),
        *findings_section(material),
        *papers_section(material),
        *figures_section(material),
        *rates_section(material),
        *_curves(material),
        *deeplab_section(material),
        *activations_section(),
        *choice_section(material),
        *_again(),
    ]
    return "\n".join(lines).rstrip() + "\n"


def put_lines(path: Path, lines: list[str]) -> None:
    """Put lines between the two marks of a file."""
    text = path.read_text(encoding="utf-8")
    before, mark, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not mark or not end:
        raise SystemExit(f"{path} has no place for the lines: {_BEGIN} … {_END}.")
    path.write_text("\n".join([before + mark, *lines, end + after]), encoding="utf-8")


def _head(material: Material) -> list[str]:
    chosen, cells = material.chosen, material.cells
    small = material.small.cells if material.small else ()
    days = sorted({cell.record.ended[:10] for cell in (*cells, *small)})
    subjects = sorted({len(cell.subjects) for cell in cells})
    datasets = sorted({name.partition("_")[0] for cell in cells for name in cell.subjects})
    rates = ", ".join(f"{family} {rate:g}" for family, rate in chosen.rates.items())
    baselines = cells[0].record.baselines if cells else {}
    told = [
        f"{name}: {pair[1]:.3f} nuclei, {pair[0]:.3f} all classes"
        for name, pair in baselines.items()
        if pair[0] is not None and pair[1] is not None
    ]
    missing = _not_reached(material)
    return [
        f"{days[-1]}. {_trained(material)} {_devices((*cells, *small))} Written by "
        "`tests/paper/write_paper.py`.",
        "",
        f"- **The paper**: {material.paper.source} Of nuclei it gives one number, N-DecoNet's 0.904. Its "
        "encoders began from ImageNet's weights, as far as it tells.",
        f"- **Its data** are not public: {material.paper.cohort} Here: networks learn from ds002748 and "
        f"ds000011, and {listed([str(n) for n in subjects])} subjects of {listed(datasets)}, whom none has "
        "seen, test them; the reference is what six registrations of the atlas agree on "
        "([consensus](consensus.md)). Compare the order; the heights cannot be compared.",
        f"- **One setting for all**: {chosen.size} pixels, {chosen.epochs} epochs, batches of "
        f"{chosen.batch_size}, Adam with a cosine schedule, learning rate by family ({rates}), ResNet-34 "
        "with random weights, α = .1, no augmentation, the epoch that was best on the validation subjects. "
        "Slices that do not fill a batch are left out when an epoch is divided into batches.",
        f"- **Without a network**: {'; '.join(told)}." if told else "",
        f"- **Not reached**, and left out below: {'; '.join(missing)}." if missing else "",
        "",
    ]


def _trained(material: Material) -> str:
    """Say how many networks were trained, and what for."""
    cells, small = material.cells, material.small.cells if material.small else ()
    names = ({"learning_rate", "epochs"}, {"learning_rate"}, {"epochs"})
    papers = sum(map(len, material.papers_setting.values()))
    parts = {
        "for Table 1": sum(map(len, material.table.values())),
        "to choose learning rates": sum(set(cell.changes) in names for cell in cells),
        "in the paper's own setting": papers,
        "in its nonlinear space": sum(SPACE in cell.changes for cell in cells),
        "at a smaller setting": len(small),
    }
    parts["to change one thing at a time"] = len(cells) + len(small) - sum(parts.values())
    told = listed([f"{count} {what}" for what, count in parts.items() if count])
    return f"{counted(len(cells) + len(small), 'network')} were trained: {told}."


def _devices(cells: Sequence[Kept]) -> str:
    """Say how many networks each device trained, and how long that took."""
    by_device: dict[str, list[Kept]] = {}
    for cell in cells:
        by_device.setdefault(cell.record.device or "unknown", []).append(cell)
    told = []
    for device, own in sorted(by_device.items()):
        if " at once" in device:  # then their hours are not those of the clock
            ends = [datetime.fromisoformat(cell.record.ended) for cell in own]
            begins = [e - timedelta(seconds=c.record.seconds) for e, c in zip(ends, own, strict=True)]
            minutes = (max(ends) - min(begins)).total_seconds() / 60
            told.append(f"{device}: {len(own)} in {minutes:.0f} minutes")
        else:
            hours = sum(cell.record.seconds for cell in own) / 3600
            told.append(f"{device}: {len(own)} in {hours:.1f} hours in all")
    return "; ".join(told) + "."


def _not_reached(material: Material) -> list[str]:
    """Name the parts of the paper for which nothing was trained."""
    alpha, encoders = (material.where(name).changed(name) for name in ("alpha", "encoder"))
    of_deeplab = {change for change, _ in deeplab_changed(material)[1]}
    variants = {value for change, value in deeplab_changed(material)[1] if change == VARIANT}
    own_setting = [decoder_name(name) for name in TABLE_DECODERS if name not in material.papers_setting]
    parts = {
        "the share α of cross-entropy (figure 4)": alpha,
        "α of U-DecoNet": any(cell.decoder == "u_deconet" for cell in alpha),
        "encoders (figure 5)": encoders,
        "encoders of other decoders than N-DecoNet": any(cell.decoder != "n_deconet" for cell in encoders),
        "pretrained weights (figure 5)": (
            pretrained := material.where("encoder").changed("encoder", "encoder_weights")
        ),
        "pretrained weights of more than one encoder": len(pretrained) > 1,
        "the paper's nonlinear space": material.where(SPACE).changed(SPACE),
        f"the paper's own setting of {listed(own_setting)}": not own_setting,
        "DeepLabV3 on slices of another size, all else the same": "input.size" in of_deeplab,
        **{f"DeepLabV3 with {change_words(VARIANT, v)}": v in variants for v in VARIANTS if v},
        "longer training with augmentation": material.changed("epochs", "augment"),
        f"repeats of {_unrepeated(material)} combinations of Table 1": not _unrepeated(material),
    }
    return [name for name, found in parts.items() if not found]


def _unrepeated(material: Material) -> int:
    """Count combinations of the table that were trained once."""
    return sum(score.n < 2 for score in material.scores.values())


def _curves(material: Material) -> list[str]:
    if not material.decoders:
        return []
    return [
        "### Curves",
        "",
        "![Nuclei on the validation slices over the epochs, by decoder](paper-curves.svg)",
        "",
        "DiceCE, one line a repeat. " + _curve_words(material),
        "",
    ]


def _curve_words(material: Material) -> str:
    """Say how much the slowest decoder still gains in the last fifth of its epochs."""
    gains = {}
    for decoder, cells in material.decoders.items():
        points = [p.val_nuclei_miou for p in cells[0].result.curve]
        if len(points) >= 5:
            gains[decoder] = points[-1] - points[-1 - len(points) // 5]
    if not gains:
        return ""
    slowest = max(gains, key=lambda name: gains[name])

    return (
        f"In the last fifth of the epochs the slowest decoder, {decoder_name(slowest)}, still changes by "
        f"{signed(gains[slowest])}."
    )


def _again() -> list[str]:
    return [
        "## Repeat it",
        "",
        "Cells, settings, curves and counts of every network lie in `tests/paper/`; its README says how "
        "they are "
        "trained, on a GPU or a processor.",
        "",
        "    python tests/paper/write_paper.py",
        "",
    ]


if __name__ == "__main__":
    main()
