"""Losses: the published formulas, finite gradients everywhere, float32 whatever the network computes in."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from kerasmodels import ModelError, loss_names, make_loss
from kerasmodels.data.volumes import IGNORED
from kerasmodels.losses.compound import CompoundLoss
from kerasmodels.losses.soft_cross_entropy import SoftCrossEntropy
from kerasmodels.names import COMPOUND_LOSSES

Arrays = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]


@pytest.fixture
def case(rng: np.random.Generator) -> Arrays:
    """Labels in which class 4 is absent, logits, probabilities."""
    labels = rng.integers(0, 4, (2, 6, 5)).astype(np.uint8)
    logits = rng.normal(0, 2, (2, 6, 5, 5)).astype(np.float32)
    powers = np.exp(logits)
    return labels, logits, powers / powers.sum(axis=-1, keepdims=True)


def dice_by_loops(labels: NDArray[np.uint8], p: NDArray[np.float32]) -> list[float]:
    """1 − Dice of the classes that occur, one after the other."""
    losses = []
    for k in range(p.shape[-1]):
        there = labels == k
        if there.any():
            losses.append(1 - 2 * p[..., k][there].sum() / (p[..., k].sum() + there.sum()))
    return losses


def soft_entropy_by_loops(labels: NDArray[np.uint8], p: NDArray[np.float32], smoothing: float) -> float:
    total = 0.0
    for place in np.ndindex(labels.shape):
        right = -np.log(p[place][labels[place]])
        total += (1 - smoothing) * right + smoothing * -np.log(p[place]).mean()
    return total / labels.size


@pytest.mark.parametrize("from_logits", [False, True])
def test_dice_leaves_absent_classes_at_zero_and_divides_by_all(case: Arrays, from_logits: bool) -> None:
    labels, logits, p = case
    loss = make_loss("dice", from_logits=from_logits)(labels, logits if from_logits else p)
    assert float(loss) == pytest.approx(sum(dice_by_loops(labels, p)) / 5, abs=1e-6)


def test_absent_classes_can_be_skipped_or_counted(case: Arrays) -> None:
    labels, _, p = case
    losses = dice_by_loops(labels, p)
    assert len(losses) == 4
    assert float(make_loss("dice", absent="skip")(labels, p)) == pytest.approx(np.mean(losses), abs=1e-6)
    assert float(make_loss("dice", absent="count")(labels, p)) == pytest.approx(
        (sum(losses) + 1) / 5, abs=1e-6
    )


def test_jaccard_is_one_minus_intersection_over_union(case: Arrays) -> None:
    labels, _, p = case
    expected = 0.0
    for k in range(4):
        common = p[..., k][labels == k].sum()
        expected += 1 - common / (p[..., k].sum() + (labels == k).sum() - common)
    assert float(make_loss("jaccard")(labels, p)) == pytest.approx(expected / 5, abs=1e-6)


def test_tversky_weighs_missed_pixels_against_wrong_ones(case: Arrays) -> None:
    labels, _, p = case
    expected = 0.0
    for k in range(4):
        common = p[..., k][labels == k].sum()
        wrong, missed = p[..., k].sum() - common, (labels == k).sum() - common
        expected += 1 - common / (common + 0.2 * wrong + 0.9 * missed)
    loss = make_loss("tversky", alpha=0.2, beta=0.9)
    assert float(loss(labels, p)) == pytest.approx(expected / 5, abs=1e-6)


@pytest.mark.parametrize(("weight", "same_as"), [(0.5, "dice"), (1.0, "jaccard")])
def test_tversky_with_equal_weights_is_dice_or_jaccard(case: Arrays, weight: float, same_as: str) -> None:
    labels, _, p = case
    loss = make_loss("tversky", alpha=weight, beta=weight)
    assert float(loss(labels, p)) == pytest.approx(float(make_loss(same_as)(labels, p)), abs=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("from_logits", [False, True])
def test_soft_cross_entropy_spreads_the_label(case: Arrays, smoothing: float, from_logits: bool) -> None:
    labels, logits, p = case
    loss = make_loss("softce", smoothing=smoothing, from_logits=from_logits)
    value = float(loss(labels, logits if from_logits else p))
    assert value == pytest.approx(soft_entropy_by_loops(labels, p, smoothing), abs=1e-5)


@pytest.mark.parametrize("from_logits", [False, True])
def test_focal_is_one_binary_loss_a_class(case: Arrays, from_logits: bool) -> None:
    labels, logits, p = case
    chance = 1 / (1 + np.exp(-logits)) if from_logits else p
    expected = 0.0
    for k in range(5):
        right = np.where(labels == k, chance[..., k], 1 - chance[..., k])
        expected += np.mean(-((1 - right) ** 2) * np.log(right))
    prediction = logits if from_logits else p
    for reduction, divisor in (("mean", 5), ("sum", 1)):
        loss = make_loss("focal", reduction=reduction, from_logits=from_logits)
        assert float(loss(labels, prediction)) == pytest.approx(expected / divisor, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "pixel_loss", "overlap_loss"),
    [("dicece", "softce", "dice"), ("dicefocal", "focal", "dice"), ("tverskyce", "softce", "tversky")],
)
def test_alpha_is_the_share_of_the_pixel_loss(
    case: Arrays, name: str, pixel_loss: str, overlap_loss: str
) -> None:
    labels, _, p = case
    pixels, overlap = (float(make_loss(part)(labels, p)) for part in (pixel_loss, overlap_loss))
    for alpha, loss in ((0.3, make_loss(name, alpha=0.3)), (0.1, make_loss(name))):
        assert float(loss(labels, p)) == pytest.approx(alpha * pixels + (1 - alpha) * overlap, abs=1e-6)


@pytest.mark.parametrize("name", loss_names())
@pytest.mark.parametrize("scale", [1.0, 60.0, 1e4])
@pytest.mark.parametrize("background_only", [False, True])
@pytest.mark.parametrize("on_probabilities", [False, True])
def test_gradient_is_finite_with_absent_classes_and_saturated_probabilities(
    case: Arrays, name: str, scale: float, background_only: bool, on_probabilities: bool
) -> None:
    labels, logits, _ = case
    labels = labels * 0 if background_only else labels
    values = tf.Variable(logits * scale)
    loss = make_loss(name, from_logits=not on_probabilities)
    with tf.GradientTape() as tape:
        value = loss(labels, tf.nn.softmax(values) if on_probabilities else values)
    assert np.isfinite(float(value))
    assert np.isfinite(tape.gradient(value, values).numpy()).all()


def test_wrong_pixel_keeps_its_gradient_when_its_probability_is_tiny() -> None:
    logits = tf.Variable([[[[40.0, 0.0]]]])
    with tf.GradientTape() as tape:
        value = make_loss("softce", smoothing=0.0)(np.ones((1, 1, 1), np.uint8), tf.nn.softmax(logits))
    np.testing.assert_allclose(tape.gradient(value, logits).numpy().ravel(), [1.0, -1.0], atol=1e-4)


@pytest.mark.parametrize("name", loss_names())
def test_loss_of_half_precision_predictions_is_float32(case: Arrays, name: str) -> None:
    labels, _, p = case
    value = make_loss(name)(labels, p.astype(np.float16))
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    assert float(value) == pytest.approx(float(make_loss(name)(labels, p)), abs=2e-3)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_labels_may_be_of_any_integer_type_and_have_a_last_axis(case: Arrays, dtype: type) -> None:
    labels, _, p = case
    expected = float(make_loss("dicece")(labels, p))
    assert float(make_loss("dicece")(labels[..., None].astype(dtype), p)) == expected


@pytest.mark.parametrize("name", loss_names())
def test_loss_is_made_again_from_its_configuration(case: Arrays, name: str) -> None:
    labels, _, p = case
    loss = make_loss(name, alpha=0.4) if name in COMPOUND_LOSSES else make_loss(name, from_logits=True)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert float(again(labels, p)) == float(loss(labels, p))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("dicece", {"alpha": 1.5}),
        ("dice", {"absent": "forget"}),
        ("dice", {"smooth": -1.0}),
        ("softce", {"smoothing": 2.0}),
        ("focal", {"gamma": -1.0}),
        ("dicece", {"softce": {"smoothing": 2.0}}),
        ("dicece", {"smoothing": 0.1}),
        ("tverskyce", {"beta": 0.7}),
        ("dicece", {"alpha": None}),
        ("dicece", {"alpha": "a"}),
        ("dicece", {"alpha": True}),
        ("dicece", {"dice": 3}),
        ("dicece", {"dice": {"name": "mine"}}),
        ("dicece", {"dice": {"from_logits": True}}),
        ("dice", {"eps": float("nan")}),
        ("dice", {"smooth": float("inf")}),
        ("dice", {"absent": None}),
        ("focal", {"gamma": "2"}),
        ("focal", {"reduction": ["mean"]}),
        ("tversky", {"alpha": float("nan")}),
        ("dice", {"from_logits": "no"}),
        ("dicece", {"from_logits": 1}),
        ("dice", {"ignore_label": "x"}),
        ("dicece", {"ignore_label": 2.5}),
        ("dice", {"ignore_label": True}),
    ],
)
def test_parameter_out_of_range_or_of_the_wrong_type_is_refused(
    name: str, parameters: dict[str, object]
) -> None:
    with pytest.raises(ModelError) as caught:
        make_loss(name, **parameters)  # type: ignore[arg-type]
    assert caught.value.fix


@pytest.mark.parametrize("name", [None, 3, ["dice"]])
def test_name_of_a_loss_that_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(ModelError, match="no loss named"):
        make_loss(name)


def test_sum_of_what_is_no_loss_is_refused() -> None:
    with pytest.raises(ModelError, match="overlap_loss = None"):
        CompoundLoss(SoftCrossEntropy(), None)  # type: ignore[arg-type]


def test_parameter_that_a_loss_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(ModelError, match="no parameter smoothing") as caught:
        make_loss("dice", smoothing=0.1)
    assert "absent" in caught.value.fix
    assert "eps" in caught.value.fix


def test_one_hot_labels_are_refused_with_what_to_give(case: Arrays) -> None:
    labels, _, p = case
    with pytest.raises(ModelError, match="one-hot") as caught:
        make_loss()(np.eye(5)[labels], p)
    assert "argmax" in caught.value.fix


@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 6, 1), (2, 30)])
def test_labels_of_another_size_are_refused_instead_of_spread(case: Arrays, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="not of the size"):
        make_loss()(np.zeros(shape, np.uint8), case[2])


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name", loss_names())
def test_pixel_without_weight_is_as_if_it_was_not_there(case: Arrays, name: str, from_logits: bool) -> None:
    labels, logits, p = case
    values = logits if from_logits else p
    seen = np.indices(labels.shape).sum(axis=0) % 3 > 0
    loss = make_loss(name, from_logits=from_logits)
    alone = loss(labels[seen].reshape(1, -1, 1), values[seen].reshape(1, -1, 1, 5))
    for scale in (1.0, 0.25):
        weighted = loss(labels, values, (scale * seen).astype(np.float32))
        assert float(weighted) == pytest.approx(float(alone), abs=1e-6)
    assert float(loss(labels, values, np.full(labels.shape, 0.3, np.float32))) == pytest.approx(
        float(loss(labels, values)), abs=1e-6
    )


@pytest.mark.parametrize("name", loss_names())
@pytest.mark.parametrize(("labelled", "predicted"), [(1, 2), (2, 1)])
def test_labels_of_one_image_are_not_spread_over_others(
    case: Arrays, name: str, labelled: int, predicted: int
) -> None:
    labels, _, p = case
    with pytest.raises(ModelError, match="not of the size") as caught:
        make_loss(name)(labels[:labelled], p[:predicted])
    assert f"({labelled}, 6, 5)" in caught.value.what
    weights = np.ones((labelled, 6, 5), np.float32)
    with pytest.raises(ModelError, match="not of the size"):
        make_loss(name)(labels[:predicted], p[:predicted], weights)


@pytest.mark.parametrize("weighted", [False, True])
def test_sizes_that_a_graph_does_not_know_are_compared_when_it_runs(case: Arrays, weighted: bool) -> None:
    labels, _, p = case
    loss = make_loss("dicece")
    any_size = [tf.TensorSpec((None,) * 3, tf.uint8), tf.TensorSpec((None, None, None, 5), tf.float32)]
    weights = tf.TensorSpec((None,) * 3, tf.float32)

    @tf.function(input_signature=[*any_size, weights], autograph=False)
    def value(labels: tf.Tensor, predictions: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        return loss(labels, predictions, weights if weighted else None)

    ones, one_image = np.ones(labels.shape, np.float32), float(loss(labels[:1], p[:1]))
    assert float(value(labels, p, ones)) == pytest.approx(float(loss(labels, p)), abs=1e-6)
    assert float(value(labels[:1], p[:1], ones[:1])) == pytest.approx(one_image, abs=1e-6)
    unfit = [(labels[:1], p, ones[:1]), (labels, p[:1], ones), (labels[:, :1], p, ones[:, :1])]
    unfit += [(labels, p, ones[:1]), (labels, p, ones[:, :, :1])] if weighted else []
    for each in unfit:
        with pytest.raises(tf.errors.InvalidArgumentError):
            value(*each)


def test_predictions_without_classes_are_refused(case: Arrays) -> None:
    labels, _, p = case
    for values in (p[..., :1], p[..., 0], None, "p"):
        with pytest.raises(ModelError):
            make_loss("dicece")(labels, values)
    with pytest.raises(ModelError, match="labels"):
        make_loss("dicece")(None, p)


def test_weights_of_another_size_are_refused(case: Arrays) -> None:
    labels, _, p = case
    with pytest.raises(ModelError, match="weights"):
        make_loss("dicece")(labels, p, np.ones(len(labels), np.float32))


def by_numpy(name: str, labels: NDArray[np.uint8], p: NDArray[np.float32], kept: NDArray[np.bool_]) -> float:
    """Each loss of the pixels that are kept alone, by its published formula."""
    y, q = labels[kept], p[kept].astype(np.float64)
    one_hot = np.eye(p.shape[-1])[y]
    common, predicted, labelled = (one_hot * q).sum(0), q.sum(0), one_hot.sum(0)
    there = labelled > 0
    index = {
        "dice": 2 * common / (predicted + labelled),
        "jaccard": common / (predicted + labelled - common),
        "tversky": common / (common + 0.7 * (predicted - common) + 0.7 * (labelled - common)),
    }
    overlap = {each: ((1 - value) * there).mean() for each, value in index.items()}
    smoothed = one_hot * 0.9 + 0.1 / p.shape[-1]
    right = np.where(one_hot > 0, q, 1 - q)
    pixel = {
        "softce": -(smoothed * np.log(q)).sum(-1).mean(),
        "focal": ((1 - right) ** 2 * -np.log(right)).mean(),
    }
    if name in COMPOUND_LOSSES:
        of_pixels, of_overlap = COMPOUND_LOSSES[name]
        return float(0.1 * pixel[of_pixels] + 0.9 * overlap[of_overlap])
    return float({**overlap, **pixel}[name])


@pytest.mark.parametrize("name", loss_names())
def test_pixels_that_nobody_labelled_are_left_out_of_the_loss(case: Arrays, name: str) -> None:
    labels, _, p = case
    kept = np.ones(labels.shape, dtype=bool)
    kept[0, 2:5] = kept[1, :, 3] = False
    partly = np.where(kept, labels, IGNORED)
    found = float(make_loss(name, ignore_label=IGNORED)(partly, p))
    assert found == pytest.approx(by_numpy(name, labels, p, kept), rel=2e-6)
    every = float(make_loss(name, ignore_label=IGNORED)(labels, p))
    assert every == pytest.approx(by_numpy(name, labels, p, np.ones_like(kept)), rel=2e-6)


@pytest.mark.parametrize("name", loss_names())
def test_pixels_that_nobody_labelled_have_no_gradient(case: Arrays, name: str) -> None:
    labels, logits, _ = case
    partly = labels.copy()
    partly[0, 1] = IGNORED
    loss = make_loss(name, from_logits=True, ignore_label=IGNORED)
    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        value = loss(partly, variable)
    gradient = tape.gradient(value, variable).numpy()
    assert not gradient[0, 1].any()
    assert np.abs(gradient[0, 0]).min() > 0
    assert float(loss(np.full_like(labels, IGNORED), logits)) == 0.0


@pytest.mark.parametrize("name", loss_names())
def test_loss_with_an_ignored_label_is_made_again_from_its_configuration(case: Arrays, name: str) -> None:
    labels, _, p = case
    labels[0, 0] = IGNORED
    loss = make_loss(name, ignore_label=IGNORED)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert float(again(labels, p)) == float(loss(labels, p))
