"""The usual range of a nucleus's confidence, and the nuclei of which a model is often unsure."""

from __future__ import annotations

import pytest

from brainstem_app.evaluation.usual_confidence import (
    UsualConfidence,
    lowest_usual,
    often_low,
    usual_confidences,
)
from brainstem_app.locations import resource
from brainstem_app.models.card import read_card


def test_usual_range_ends_at_three_and_a_half_deviations_and_is_never_narrow() -> None:
    assert lowest_usual(0.8, 0.04) == pytest.approx(0.66)
    assert lowest_usual(0.8, 0.001) == pytest.approx(0.7)
    assert UsualConfidence(median=0.8, spread=0.04).lowest == lowest_usual(0.8, 0.04)


def test_nucleus_is_often_low_where_a_deviation_below_the_median_lies_below_the_limit() -> None:
    nuclei = {
        "always": UsualConfidence(median=0.65, spread=0.01),
        "often": UsualConfidence(median=0.71, spread=0.02),
        "seldom": UsualConfidence(median=0.73, spread=0.02),
    }
    assert often_low(nuclei, 0.7) == ["always", "often"]


def test_usual_confidence_is_median_and_deviation_of_those_who_have_the_nucleus() -> None:
    values = (0.5, 0.6, 0.7, 0.8, 0.9)
    people = [
        {"PAG": value, "alike": 0.8 + value / 1000} | ({"rare": value} if value > 0.5 else {})
        for value in values
    ]
    usual = usual_confidences([*people, {"alike": 0.8007}], "six people")
    assert usual is not None
    assert (usual.subjects, usual.measured_on) == (6, "six people")
    assert usual.nuclei.keys() == {"PAG", "alike"}, "four people are too few"
    assert usual.nuclei["PAG"].median == 0.7
    assert usual.nuclei["PAG"].spread == pytest.approx(0.14826, abs=1e-4)
    between = usual.nuclei["PAG"].spread / 2
    assert usual.nuclei["alike"].spread == pytest.approx(between, rel=0.01), "the middle of all nuclei's"
    assert usual_confidences(people[:4], "four people") is None
    assert usual_confidences([], "nobody") is None


def test_shipped_card_says_how_sure_the_model_is_of_each_nucleus() -> None:
    card = read_card(resource("models", "brainstem31"))
    usual = card.usual_confidence
    assert usual is not None
    assert usual.nuclei.keys() == card.detectability.keys()
    assert usual.subjects == 6
    small, large = usual.nuclei["PBP_L"], usual.nuclei["SN_L"]
    assert small.median < card.method.low_confidence < large.median
    assert "sub-01" not in usual.measured_on, "a test subject"
