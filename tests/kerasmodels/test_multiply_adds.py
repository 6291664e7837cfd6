"""The table of what networks cost: every name is in it, and it says what counting says."""

from __future__ import annotations

import pytest

from kerasmodels import build_model
from kerasmodels.multiply_adds import TABLE_SIZE, count_multiply_adds, expected_multiply_adds
from kerasmodels.names import decoder_names, encoder_names


@pytest.mark.parametrize("encoder", encoder_names())
def test_cost_of_every_network_is_known(encoder: str) -> None:
    costs = [expected_multiply_adds(decoder, encoder) for decoder in decoder_names()]
    assert all(cost is not None and cost > 5e7 for cost in costs)


def test_unknown_names_have_no_cost() -> None:
    assert expected_multiply_adds("unet", "vgg") is None
    assert expected_multiply_adds("segnet", "resnet34") is None


def test_table_says_what_counting_says() -> None:
    model = build_model("pspnet", "resnet34", 34, (TABLE_SIZE, TABLE_SIZE, 1), seed=0)
    assert count_multiply_adds(model) == expected_multiply_adds("pspnet", "resnet34")


def test_decoder_on_an_encoder_of_the_same_channels_is_exact() -> None:
    """As `tests/benchmarks/write_multiply_adds.py --all` counts them."""
    assert expected_multiply_adds("unet", "resnet18") == 4_294_363_136
    assert expected_multiply_adds("unetplusplus", "resnet18") == 12_386_748_416
    assert expected_multiply_adds("manet", "resnet18") == 4_677_966_592


def test_cost_goes_with_the_pixels() -> None:
    whole, quarter = (expected_multiply_adds("fpn", "resnet34", size) for size in (224, 112))
    assert quarter == pytest.approx(whole / 4)
