"""The usual range of a nucleus's confidence, and the nuclei of which a model is often unsure."""

from __future__ import annotations

import pytest

from brainstem_app.evaluation.usual_confidence import UsualConfidence, lowest_usual, often_low
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


def test_shipped_card_says_how_sure_the_model_is_of_each_nucleus() -> None:
    card = read_card(resource("models", "brainstem31"))
    usual = card.usual_confidence
    assert usual is not None
    assert usual.nuclei.keys() == card.detectability.keys()
    assert usual.subjects == 6
    small, large = usual.nuclei["PBP_L"], usual.nuclei["SN_L"]
    assert small.median < card.method.low_confidence < large.median
    assert "sub-01" not in usual.measured_on, "a test subject"
