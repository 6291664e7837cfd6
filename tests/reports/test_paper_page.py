"""The page of the paper's repetition: it says what the cells say, and leaves empty what was not trained."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from brainstem_app.evaluation.confusion import macro_miou
from brainstem_app.jobs.job import TrainJob
from brainstem_app.jobs.many.compare_report import flat_settings
from brainstem_app.study.cell_record import CellRecord

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "tests" / "paper"
_RATES = {"deconet": 1e-3, "unet": 3e-4, "pyramid": 1e-3}
_NUCLEI = list(range(3, 34))


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The page's modules, which import one another by their names alone."""
    before = set(sys.modules)
    sys.path.insert(0, str(SCRIPTS))
    try:
        names = (
            "kept_cells",
            "cell_statistics",
            "page_material",
            "page_table",
            "page_findings",
            "page_choice",
        )
        found = {
            name: __import__(name) for name in (*names, "page_experiments", "page_deeplab", "write_paper")
        }
        yield found
    finally:
        sys.path.remove(str(SCRIPTS))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(SCRIPTS)):
                del sys.modules[name]


def _counts(iou: float, rng: np.random.Generator, subjects: int = 5) -> np.ndarray[Any, Any]:
    """Counts of subjects whose classes overlap by about that much."""
    counts = np.zeros((subjects, 34, 34), np.int32)
    for one in counts:
        right = np.clip(iou + rng.normal(0, 0.01, 34), 0.02, 0.98)
        wrong = (1000 * (1 - right) / (1 + right)).astype(int)
        np.fill_diagonal(one, 1000 - wrong)
        one[np.arange(34), (np.arange(34) + 1) % 34] += wrong
    return counts


def _write(folder: Path, name: str, iou: float, **settings: Any) -> None:
    """Keep a made cell of the setting of the table, or with other settings."""
    variant, device = settings.pop("variant", None), settings.pop("device", "Keras on 1 GPU, made")
    job: dict[str, Any] = {"decoder": "n_deconet", "epochs": 8, "schedule": "cosine", **settings}
    family = {"n_deconet": "deconet", "u_deconet": "deconet", "unet": "unet"}.get(job["decoder"], "pyramid")
    job.setdefault("learning_rate", _RATES[family])
    size = job.pop("size", 64)
    made = flat_settings(TrainJob(study=Path("s"), run="r", input={"size": size}, **job))
    made |= {"variant": variant} if variant else {}
    rng = np.random.default_rng(sum(map(ord, name)))
    counts = _counts(iou + 0.002 * int(job.get("seed", 0)), rng)
    run = folder / name
    run.mkdir(parents=True)
    (run / "settings.json").write_text(json.dumps(made), encoding="utf-8")
    rows = [f"{e},{1 / e},{1 / e},{iou * (1 - 0.5**e)}" for e in range(1, 9)]
    (run / "history.csv").write_text(
        "\n".join(["epoch,loss,val_loss,val_nuclei_miou", *rows]), encoding="utf-8"
    )
    np.savez_compressed(run / "predictions.npz", subjects=np.array(list("abcde")), counts=counts)
    CellRecord(
        state="finished",
        parameters=21_500_000,
        epochs=8,
        best_epoch=8,
        val_nuclei_miou=iou,
        baselines={"atlas placed by the normalisation": (0.5, 0.4)},
        device=device,
    ).save(run / "cell.json")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made cells: three decoders, repeats, alpha, encoders, sizes, a variant, the paper's setting."""
    folder = tmp_path_factory.mktemp("kept")
    content = {"size": 64, "batch_size": 16, "epochs": 8, "pilot_epochs": 4, "rates": _RATES}
    (folder / "chosen.json").write_text(json.dumps(content), encoding="utf-8")
    cells = folder / "cells"
    for decoder, iou in {"n_deconet": 0.6, "fpn": 0.7, "deeplabv3": 0.5, "unet": 0.3}.items():
        for seed in range(3):
            _write(cells, f"{decoder}-dicece-{seed}", iou, decoder=decoder, seed=seed)
        device = "Keras on CPU, 2 cores, TensorFlow" if decoder == "unet" else "Keras on 1 GPU, made"
        _write(cells, f"{decoder}-dice", iou - 0.1, decoder=decoder, loss="dice", device=device)
        _write(cells, f"{decoder}-pilot", iou, decoder=decoder, epochs=4)
    for decoder in ("n_deconet", "fpn", "deeplabv3"):
        _write(cells, f"{decoder}-alpha", 0.55, decoder=decoder, alpha=0.5)
        _write(cells, f"{decoder}-alpha9", 0.5, decoder=decoder, alpha=0.9)
        _write(cells, f"{decoder}-128", 0.65, decoder=decoder, size=128)
        own = {"size": 224, "epochs": 10, "learning_rate": 1e-4, "schedule": "constant"}
        _write(cells, f"{decoder}-paper", 0.58, decoder=decoder, **own)
        _write(cells, f"{decoder}-recipe", 0.75, decoder=decoder, epochs=24, augment="mild")
    _write(cells, "encoder", 0.5, encoder="mit_b0")
    _write(folder / "variants", "variant", 0.68, decoder="deeplabv3", variant="rates-1-2-3")
    _write(folder / "cells-nonlinear", "bent", 0.71)
    return folder


def test_changes_are_what_is_not_as_in_the_table(scripts: dict[str, ModuleType], kept: Path) -> None:
    material = scripts["page_material"].Material.read(kept)
    changes = {cell.run: set(cell.changes) for cell in material.cells}
    assert changes["fpn-dicece-2"] == changes["unet-dice"] == set()
    assert changes["fpn-alpha"] == {"alpha"}
    assert changes["fpn-128"] == {"input.size"}
    assert changes["fpn-recipe"] == {"epochs", "augment"}
    assert changes["variant"] == {"variant"}
    assert changes["bent"] == {"space"}
    assert set(material.papers_setting) == {"n_deconet", "fpn", "deeplabv3"}


def test_scores_are_those_of_the_counts(scripts: dict[str, ModuleType], kept: Path) -> None:
    material = scripts["page_material"].Material.read(kept)
    cells = material.table["fpn", "dicece"]
    values = [macro_miou(cell.counts.sum(axis=0), _NUCLEI) for cell in cells]
    found = material.scores["fpn", "dicece"]
    assert found.n == 3
    assert found.mean == pytest.approx(np.mean(values))
    assert found.deviation == pytest.approx(np.std(values, ddof=1))
    assert list(material.decoders) == ["fpn", "n_deconet", "deeplabv3", "unet"]


def test_page_says_which_of_the_papers_setting_a_processor_has_trained_and_what_16_bits_change(
    scripts: dict[str, ModuleType], tmp_path: Path
) -> None:
    content = {"size": 64, "batch_size": 16, "epochs": 8, "pilot_epochs": 4, "rates": _RATES}
    (tmp_path / "chosen.json").write_text(json.dumps(content), encoding="utf-8")
    own = {"size": 224, "epochs": 10, "learning_rate": 1e-4, "schedule": "constant"}
    processor = {"device": "Keras on CPU, 2 cores, TensorFlow", "precision": "mixed"}
    _write(tmp_path / "cells", "fpn-paper", 0.58, decoder="fpn", **own)
    _write(tmp_path / "cells", "deeplabv3-paper", 0.6, decoder="deeplabv3", **own, **processor)
    _write(tmp_path / "cells", "32", 0.7)
    read, section = scripts["page_material"].Material.read, scripts["page_experiments"].papers_section
    text = "\n".join(section(read(tmp_path)))
    assert ("| DeepLabV3 † |" in text, "| FPN |" in text) == (True, True)
    assert "bfloat16" in text
    assert "What that changes" not in text, "nothing was trained both ways"
    _write(tmp_path / "cells", "16", 0.5, **processor)
    text = "\n".join(section(read(tmp_path)))
    assert re.search(r"What that changes, with the same seed, at 64 pixels.*N-DecoNet −0\.(19|20|21)", text)
    assert len(read(tmp_path).table["n_deconet", "dicece"]) == 1, "no repeat of the table"


def test_a_difference_is_clear_beyond_seeds_and_over_subjects_only(scripts: dict[str, ModuleType]) -> None:
    kind = scripts["cell_statistics"].Difference
    assert kind("a", "b", 0.1, 0.05, 0.01, True).is_clear
    assert not kind("a", "b", 0.1, 0.05, 0.01, False).is_clear
    assert not kind("a", "b", 0.1, 0.05, 0.06, True).is_clear
    assert not kind("a", "b", 0.1, -0.05, 0.01, True).is_clear, "the subjects say the other direction"


def test_seeds_limit_is_that_of_a_t_test_and_of_two_kinds_that_of_welchs(
    scripts: dict[str, ModuleType],
) -> None:
    from scipy.stats import ttest_ind_from_stats

    statistics = scripts["cell_statistics"]
    one, other = statistics.SeedNoise(0.01, 18), statistics.SeedNoise(0.03, 4)
    assert statistics.seeds_limit(one, 3, one, 3) == pytest.approx(2.1009 * 0.01 * (2 / 3) ** 0.5, rel=1e-3)
    # Each deviation measured on as many repeats as are compared: the test of two samples.
    few, many = statistics.SeedNoise(0.02, 4), statistics.SeedNoise(0.01, 6)
    limit = statistics.seeds_limit(few, 5, many, 7)
    assert ttest_ind_from_stats(limit, 0.02, 5, 0, 0.01, 7, equal_var=False).pvalue == pytest.approx(0.05)
    nothing = statistics.SeedNoise(0.0, 0)
    assert statistics.seeds_limit(nothing, 1, one, 1) == float("inf")
    pooled = statistics.SeedNoise.pooled([one, other, nothing])
    assert (pooled.deviation**2, pooled.freedom) == (pytest.approx((18 * 1e-4 + 4 * 9e-4) / 22), 22)


def test_deviation_behind_a_published_interval_is_students(scripts: dict[str, ModuleType]) -> None:
    from brainstem_app.evaluation.repeats import t_half_width

    values = [0.70, 0.71, 0.73, 0.70, 0.69]
    half = t_half_width(values)
    found = scripts["cell_statistics"].noise_of_interval(half, 5)
    assert (found.deviation, found.freedom) == (pytest.approx(np.std(values, ddof=1)), 4)


def test_what_seeds_do_is_known_by_kind_of_decoder_and_loss_from_our_repeats_and_the_papers(
    scripts: dict[str, ModuleType], kept: Path
) -> None:
    material = scripts["page_material"].Material.read(kept)
    own = material.own_noise[False, "dicece"]
    values = [[c.nuclei for c in material.table[d, "dicece"]] for d in ("n_deconet", "fpn", "deeplabv3")]
    assert own.freedom == 6
    assert own.deviation == pytest.approx(np.mean([np.var(v, ddof=1) for v in values]) ** 0.5)
    assert material.own_noise[False, "dice"].freedom == 0
    both = material.noise((False, "dicece"))
    assert both.freedom == 6 + 6 * 4, "six decoders of the paper, five repeats each"
    assert own.deviation < both.deviation < material.papers_noise[False, "dicece"].deviation


def test_order_beside_the_paper_is_spearmans(scripts: dict[str, ModuleType], kept: Path) -> None:
    from scipy.stats import spearmanr

    material = scripts["page_material"].Material.read(kept)
    found = scripts["cell_statistics"].order_beside(material.table, material.theirs)
    ours = [material.scores[key].every for key in material.table]
    theirs = [material.theirs[key] for key in material.table]
    assert found.n == 8
    assert found.value == pytest.approx(spearmanr(ours, theirs).statistic)
    column = {key: cells for key, cells in material.table.items() if key[1] == "dice"}
    reverse = {key: -material.scores[key].every for key in column}
    upside_down = scripts["cell_statistics"].order_beside(column, reverse)
    assert upside_down.value == pytest.approx(-1)
    assert upside_down.p == pytest.approx(2 / 24), "of 24 orders the one, and its reverse"


def test_network_that_has_not_learned_is_marked_and_the_atlas_alone_is_compared_with(
    scripts: dict[str, ModuleType], tmp_path: Path
) -> None:
    content = {"size": 64, "batch_size": 16, "epochs": 8, "pilot_epochs": 4, "rates": _RATES}
    (tmp_path / "chosen.json").write_text(json.dumps(content), encoding="utf-8")
    for decoder, iou in {"n_deconet": 0.7, "fpn": 0.5}.items():
        for seed in range(3):
            _write(tmp_path / "cells", f"{decoder}-{seed}", iou, decoder=decoder, seed=seed)
    _write(tmp_path / "cells", "focal", 0.5, decoder="fpn", loss="focal")
    path = tmp_path / "cells" / "focal" / "predictions.npz"
    counts = np.load(path)["counts"]
    for label in _NUCLEI[:16]:
        counts[:, label, 0] += counts[:, label, label]
        counts[:, label, label] = 0
    np.savez_compressed(path, subjects=np.array(list("abcde")), counts=counts)
    read = scripts["page_material"].Material.read
    assert "The atlas alone" not in scripts["write_paper"].page_text(read(tmp_path))
    np.savez_compressed(
        tmp_path / "atlas_alone.npz",
        subjects=np.array(list("abcde")),
        counts=_counts(0.6, np.random.default_rng(5)),
    )
    material = read(tmp_path)
    text = scripts["write_paper"].page_text(material)
    assert "(16 or more have no voxel right): FPN with Focal." in text
    row = next(line for line in text.splitlines() if line.startswith("| FPN | **0.5"))
    assert row.count("‡") == 1
    alone = scripts["page_table"].beside_atlas(material)
    assert alone["n_deconet"].mean == pytest.approx(0.1, abs=0.02)
    assert alone["fpn"].mean == pytest.approx(-0.1, abs=0.02)
    assert alone["fpn"].p == pytest.approx(0.125), "five subjects, two tests"
    by_subject = [np.mean(cell.by_subject) for cell in material.table["fpn", "dicece"]]
    told = np.mean(by_subject) - np.mean(material.atlas_alone.by_subject)
    assert alone["fpn"].by_subject == pytest.approx(told)
    assert f"(by subject −{-told:.3f})" in text


def test_page_leaves_empty_what_was_not_trained(
    scripts: dict[str, ModuleType], kept: Path, tmp_path: Path
) -> None:
    material = scripts["page_material"].Material.read(kept)
    scripts["page_experiments"].write_figures(material, tmp_path)
    text = scripts["write_paper"].page_text(material)
    assert "8 of 54 cells were trained, 4 of them 3 times and 4 of them once." in text
    assert "Keras on CPU, 2 cores, TensorFlow: 1 in" in text
    assert (
        "38 networks were trained: 16 for Table 1, 4 to choose learning rates, 3 in the paper's own setting"
        in text
    )
    marked = [line for line in text.splitlines() if line.startswith("| ") and "†" in line]
    assert {line.split(" | ")[0] for line in marked} == {"| U-Net"}
    assert [line.count("†") for line in marked] == [1, 1]
    assert "| PSPNet | – | – | – | – | – | – |" in text
    assert "dilations 1, 2, 3 instead of 12, 24, 36" in text
    drawn = {path.name for path in tmp_path.glob("*.svg")}
    assert {f"paper-{n}.svg" for n in ("alpha", "beside", "curves", "encoders", "sizes")} == drawn
    named = {part.split(")")[0] for part in text.split("](paper-")[1:]}
    assert {f"paper-{name}" for name in named} - drawn <= {"paper-activations.png"}


def test_what_the_table_has_not_is_read_from_the_smaller_setting(
    scripts: dict[str, ModuleType], tmp_path: Path
) -> None:
    for folder, epochs in ((tmp_path, 8), (tmp_path / "small", 4)):
        folder.mkdir(exist_ok=True)
        content = {"size": 64, "batch_size": 16, "epochs": epochs, "pilot_epochs": 4, "rates": _RATES}
        (folder / "chosen.json").write_text(json.dumps(content), encoding="utf-8")
    for seed in range(3):
        for decoder, iou in {"n_deconet": 0.6, "deeplabv3": 0.5}.items():
            _write(tmp_path / "cells", f"{decoder}-{seed}", iou, decoder=decoder, seed=seed)
    small = tmp_path / "small" / "cells"
    for decoder, iou in {"n_deconet": 0.4, "deeplabv3": 0.3}.items():
        _write(small, decoder, iou, decoder=decoder, epochs=4)
        _write(small, f"{decoder}-alpha", iou + 0.1, decoder=decoder, epochs=4, alpha=0.5)
        _write(small, f"{decoder}-128", iou + 0.2, decoder=decoder, epochs=4, size=128)
    material = scripts["page_material"].Material.read(tmp_path)
    assert material.where("alpha") is material.where("input.size") is material.small
    assert material.where("encoder") is material
    assert material.small.noise((False, "dicece")) == material.noise((False, "dicece"))
    text = scripts["write_paper"].page_text(material)
    table = text.partition("## Table 1")[2].partition("## Share of cross-entropy")[0]
    assert "2 of 54 cells were trained" in table
    assert "smaller setting" not in table
    assert text.count("**At a smaller setting**: 64 pixels and 4 epochs instead of 64 and 8") == 2
    changed = next(line for line in text.splitlines() if line.startswith("| slices of 128 pixels |"))
    assert float(changed.split("|")[3].strip(" *")) == pytest.approx(0.2, abs=0.02)


def test_another_decoder_is_shipped_only_if_clearly_better_or_as_good_and_cheap(
    scripts: dict[str, ModuleType],
) -> None:
    choice, kind = scripts["page_choice"], scripts["cell_statistics"].Difference
    score = scripts["cell_statistics"].Score(1, 0.7, 0.7, None, None)
    own = choice.Recipe([], score, "", 1, 1, 9.0, None)
    dear, cheap = (choice.Recipe([], score, "", 1, 1, cost, None) for cost in (9.0, 3.0))
    found = {"n_deconet": own, "fpn": dear, "pspnet": cheap}
    near = {n: kind(n, "n_deconet", -0.004, -0.004, 0.5, False) for n in ("fpn", "pspnet")}
    assert "should use PSPNet" in choice.verdict(found, near)
    assert "N-DecoNet stays" in choice.verdict({"n_deconet": own, "fpn": dear}, {"fpn": near["fpn"]})
    clear = {"fpn": kind("fpn", "n_deconet", 0.02, 0.02, 0.001, True)}
    assert "should use FPN" in choice.verdict({"n_deconet": own, "fpn": dear}, clear)


def test_readme_gets_the_lines_between_its_marks(scripts: dict[str, ModuleType], tmp_path: Path) -> None:
    write = scripts["write_paper"]
    path = tmp_path / "README.md"
    path.write_text(f"before\n{write._BEGIN}\nold\n{write._END}\nafter\n", encoding="utf-8")
    write.put_lines(path, ["- new"])
    assert path.read_text(encoding="utf-8") == f"before\n{write._BEGIN}\n- new\n{write._END}\nafter\n"


@pytest.mark.skipif(not (SCRIPTS / "cells").is_dir(), reason="no cells are kept")
def test_committed_page_says_what_the_kept_cells_say(scripts: dict[str, ModuleType]) -> None:
    material = scripts["page_material"].Material.read(SCRIPTS)
    page = (ROOT / "docs" / "results" / "paper.md").read_text(encoding="utf-8")
    nuclei = page.partition("### Nuclei")[2].partition("### All classes")[0]
    from page_text import decoder_name  # type: ignore[import-not-found]

    for (decoder, _), cells in material.table.items():
        row = next(line for line in nuclei.splitlines() if line.startswith(f"| {decoder_name(decoder)} |"))
        assert f"{np.mean([cell.nuclei for cell in cells]):.3f}" in row
    own = [cell for cell in material.cells if cell.record.macro_miou_nuclei.value is not None]
    for cell in own[:: max(1, len(own) // 20)]:
        assert cell.nuclei == pytest.approx(cell.record.macro_miou_nuclei.value, abs=1e-3)


def test_dilations_on_the_page_are_those_of_the_network(scripts: dict[str, ModuleType]) -> None:
    from kerasmodels.decoders import atrous_pyramid

    assert scripts["page_deeplab"].RATES == atrous_pyramid.RATES
