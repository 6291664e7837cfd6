"""The page of a comparison: the paper's statements, tables and charts, on numbers whose answer is known."""

from __future__ import annotations

import re

import pytest

from brainstem_app.jobs.many.grids import TABLE_LOSSES
from brainstem_app.reports.engine.line_chart import Line, LineChart, line_charts
from brainstem_app.reports.grid.figures import charts_of_axis, charts_of_encoders
from brainstem_app.reports.grid.findings import GridFinding, findings, rank_correlation
from brainstem_app.reports.grid.paper import paper_results
from brainstem_app.reports.grid.results import DECODER_NAMES, LOSS_NAMES
from brainstem_app.reports.grid.summary import Mean, VariantSummary
from brainstem_app.reports.grid.tables import heat_tables

SHARED = {"encoder": "resnet34", "alpha": 0.1}
AXES = {"decoder": tuple(DECODER_NAMES), "loss": TABLE_LOSSES}


def _summary(value: float, **variant: object) -> VariantSummary:
    means = {measure: Mean(value, 0.01, None) for measure in ("all", "nuclei", "tissue")}
    return VariantSummary(variant, 5, 5, 0, means, parameters=21_534_946, seconds=60.0)


def _the_papers_own() -> list[VariantSummary]:
    table = paper_results().table1
    return [
        _summary(table[d][loss][0], decoder=d, loss=loss) for d in AXES["decoder"] for loss in AXES["loss"]
    ]


def _verdicts(found: tuple[GridFinding, ...]) -> list[str]:
    return [one.verdict for one in found]


def test_the_papers_own_numbers_support_its_statements() -> None:
    found = findings(_the_papers_own(), SHARED, paper_results())
    assert _verdicts(found) == ["holds"] * 4
    assert "54 combinations with the paper's: 1.00" in found[0].detail


def test_numbers_upside_down_do_not() -> None:
    turned = [_summary(1 - s.means["all"].value, **s.variant) for s in _the_papers_own()]
    assert set(_verdicts(findings(turned, SHARED, paper_results()))) == {"does not hold"}


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [((-0.01, 0.0, 0.0), "not clear"), ((0.0, 0.001, 0.0), "holds"), ((0.05, 0.06, 0.07), "does not hold")],
)
def test_gain_of_pretrained_encoders_is_judged_by_its_interval(
    gains: tuple[float, ...], verdict: str
) -> None:
    rows = []
    for encoder, gain in zip(("resnet34", "resnet50", "mit_b0"), gains, strict=True):
        rows.append(_summary(0.7, encoder=encoder, encoder_weights=None))
        rows.append(_summary(0.7 + gain, encoder=encoder, encoder_weights="imagenet"))
    found = findings(rows, {"decoder": "fpn", "loss": "dicece"}, paper_results())
    told = {one.claim: one.verdict for one in found}
    assert told["Pretrained encoders do no better than random ones."] == verdict, found


def test_larger_encoders_are_all_compared_with_resnet_34() -> None:
    rows = [
        _summary(value, encoder=encoder)
        for encoder, value in {"resnet34": 0.7, "resnet50": 0.69, "mit_b2": 0.692, "mit_b0": 0.8}.items()
    ]
    (found,) = findings(rows, {"decoder": "fpn", "loss": "dicece"}, paper_results())
    assert found.claim == "Deeper and more complex encoders do not improve the result."
    assert "resnet50, mit_b2 minus ResNet-34, over 1 decoder: −0.009" in found.detail
    assert found.verdict == "not clear", "all are compared with one network, of one seed"
    two = [
        _summary(value + own, encoder=encoder, decoder=decoder)
        for decoder, own in {"fpn": 0.0, "n_deconet": 0.05}.items()
        for encoder, value in {"resnet34": 0.7, "resnet50": 0.69, "mit_b2": 0.692}.items()
    ]
    (both,) = findings(two, {"loss": "dicece"}, paper_results())[-1:]
    assert both.verdict == "holds"
    assert "over 2 decoders: −0.009 ± 0.000" in both.detail


@pytest.mark.parametrize(
    ("unet", "manet", "verdict"),
    [
        (0.6, 0.6, "holds"),
        (0.6, 0.72, "not clear"),
        (0.6, 0.699, "not clear"),
        (0.725, 0.725, "not clear"),
        (0.74, 0.76, "does not hold"),
    ],
)
def test_kinds_of_decoder_are_not_clear_where_only_their_means_are_apart(
    unet: float, manet: float, verdict: str
) -> None:
    scores = {"unet": unet, "manet": manet, "fpn": 0.7, "n_deconet": 0.75}
    rows = [_summary(value, decoder=decoder) for decoder, value in scores.items()]
    found = findings(rows, {"encoder": "resnet18", "loss": "dicece", "alpha": 0.1}, paper_results())
    (kinds,) = (one for one in found if one.claim.startswith("Pyramid-type"))
    assert kinds.verdict == verdict


def test_falling_over_alpha_is_noticed_and_the_steadiest_decoder_named() -> None:
    rows = [
        _summary(0.8 - slope * alpha, decoder=decoder, alpha=alpha)
        for decoder, slope in {"deeplabv3": 0.01, "fpn": 0.2, "n_deconet": 0.1}.items()
        for alpha in (0.1, 0.3, 0.5, 0.9)
    ]
    found = findings(rows, {"encoder": "resnet34", "loss": "dicece"}, paper_results())
    told = {one.claim: one.verdict for one in found}
    assert told["The larger the share α of cross-entropy, the worse."] == "holds"
    assert told["DeepLabV3 changes least over α."] == "holds"


def test_decoders_are_as_steady_as_over_the_shares_that_all_were_trained_with() -> None:
    rows = [
        _summary(0.8 - slope * alpha, decoder=decoder, alpha=alpha)
        for decoder, slope, shares in (
            ("deeplabv3", 0.12, (0.1, 0.3, 0.5)),
            ("n_deconet", 0.1, (0.1, 0.3, 0.5, 0.9)),
        )
        for alpha in shares
    ]
    found = findings(rows, {"encoder": "resnet34", "loss": "dicece"}, paper_results())
    (steady,) = (one for one in found if one.claim == "DeepLabV3 changes least over α.")
    assert steady.verdict == "does not hold"
    assert "over α = 0.1, 0.3, 0.5: " in steady.detail
    assert "0.024" in steady.detail
    few = [row for row in rows if row.variant["decoder"] != "deeplabv3" or row.variant["alpha"] < 0.5]
    claims = {one.claim for one in findings(few, {"encoder": "resnet34", "loss": "dicece"}, paper_results())}
    assert "DeepLabV3 changes least over α." not in claims


def test_rank_correlation_needs_three_pairs_and_some_spread() -> None:
    assert rank_correlation([(1, 1), (2, 2)]) is None
    assert rank_correlation([(1, 1), (1, 2), (1, 3)]) is None
    assert rank_correlation([(1, 9), (2, 5), (3, 1)]) == pytest.approx(-1)


def test_table_marks_the_best_of_a_row_and_holds_the_papers_numbers() -> None:
    (table,) = heat_tables(AXES, _the_papers_own(), SHARED, "all", paper_results())
    assert table.columns == tuple(LOSS_NAMES[name] for name in TABLE_LOSSES)
    fpn = next(row for row in table.rows if row.name == "FPN")
    assert (fpn.parameters, fpn.paper_parameters) == (pytest.approx(21.534946), 23.2)
    assert [cell is not None and cell.best for cell in fpn.cells] == [False] * 5 + [True]
    assert fpn.cells[5] is not None
    assert fpn.cells[5].paper == (0.777, 0.0012)
    shades = [cell.shade for row in table.rows for cell in row.cells if cell is not None]
    assert (min(shades), max(shades)) == (0.0, 1.0)


def test_combination_that_is_not_in_the_grid_is_an_empty_field() -> None:
    axes = {
        "decoder": ("fpn", "unet"),
        "encoder": ("resnet34", "mit_b0"),
        "encoder_weights": (None, "imagenet"),
    }
    only = _summary(0.5, decoder="fpn", encoder="mit_b0", encoder_weights=None)
    tables = heat_tables(axes, [only], {}, "nuclei", paper_results())
    assert [table.title for table in tables] == ["encoder weights: random", "encoder weights: imagenet"]
    assert [cell is None for row in tables[0].rows for cell in row.cells] == [True, False, True, True]
    assert all(cell is None for row in tables[1].rows for cell in row.cells)


def test_numbers_become_lines_and_encoders_become_categories() -> None:
    axes = {"decoder": ("fpn", "unet"), "alpha": (0.1, 0.5, 0.9)}
    rows = [_summary(0.5 + a, decoder=d, alpha=a) for d in axes["decoder"] for a in axes["alpha"]]
    charts = charts_of_axis(axes, rows)
    assert [chart.title for chart in charts] == ["All classes", "Grey and white matter", "Nuclei"]
    assert [line.label for line in charts[0].lines] == ["FPN", "U-Net"]
    assert len(charts[0].lines[0].points) == len(charts[0].lines[0].ranges) == 3
    assert charts_of_encoders(axes, rows) == ()
    named = {"decoder": ("fpn",), "encoder": ("resnet34", "mit_b0"), "encoder_weights": (None, "imagenet")}
    rows = [_summary(0.6, decoder="fpn", encoder=e, encoder_weights=w) for e in named["encoder"]
            for w in named["encoder_weights"]]  # fmt: skip
    (chart,) = charts_of_encoders(named, rows)
    assert [text for _, text in chart.x_ticks] == ["resnet34", "mit_b0"]
    assert [line.label for line in chart.lines] == ["random", "imagenet"]


def test_points_lie_inside_the_field_and_every_label_is_in_the_key() -> None:
    chart = LineChart(
        "", "x", "y", (Line("a <b>", "#010203", ((0.0, 0.3), (10.0, 0.7)), ((0.0, 0.25, 0.35),)),)
    )
    low, high = chart.y_range
    assert low < 0.25
    assert 0.7 < high < 1
    assert LineChart("", "", "", ()).y_range == (0.0, 1.0)
    block = line_charts([chart], 1)
    assert "a &lt;b&gt;" in block.key
    _, _, width, height = map(float, re.search(r'viewBox="([^"]*)"', block.charts[0].svg)[1].split())
    marks = re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)" style="fill: #010203', block.charts[0].svg)
    places = [(float(x), float(y)) for x, y in marks]
    assert all(0 < x < width and 0 < y < height for x, y in places)
    assert places[0][0] < places[1][0]
    assert places[0][1] > places[1][1], "heights run downwards"


@pytest.mark.parametrize(
    ("values", "shades"),
    [
        ((0.0, 0.0), (0.0, 0.0)),
        ((0.0, 0.001), (0.0, 0.002)),
        ((0.6, 0.8), (0.0, 1.0)),
        ((0.79, 0.8), (0.9, 1)),
    ],
)
def test_low_overlap_has_no_colour_in_the_heat_map(
    values: tuple[float, float], shades: tuple[float, float]
) -> None:
    summaries = [_summary(value, decoder=name) for name, value in zip(("fpn", "unet"), values, strict=True)]
    (table,) = heat_tables({"decoder": ("fpn", "unet")}, summaries, SHARED, "nuclei", paper_results())
    cells = [row.cells[0] for row in table.rows]
    assert [cell.shade for cell in cells if cell is not None] == pytest.approx(list(shades))
    assert table.scale.shade(table.scale.low) == 0
