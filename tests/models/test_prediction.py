from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.errors import InputError
from brainstem_app.models.method import REFINED, PredictionContext, PredictionMethod
from brainstem_app.models.onnx_predictor import OnnxPredictor
from brainstem_app.models.prediction import class_probabilities, predict_box
from brainstem_app.models.slices import FloatArray
from kerasmodels.data.slice_input import SliceInput


class Threshold:
    """Stands in for a network: class 1 where the image is bright, class 0 elsewhere."""

    device = "none"
    lanes = 1

    def run(self, images: FloatArray) -> FloatArray:
        bright = np.clip(images, 0, 1)
        return np.concatenate([1 - bright, bright], axis=-1)


def _context(mirrored: tuple[int, ...] = (0, 1), method: PredictionMethod | None = None) -> PredictionContext:
    atlas = np.zeros((50, 50, 73), dtype=np.uint8)
    atlas[10:20, 28:32, 8:67] = 1
    return PredictionContext(SliceInput(), method or PredictionMethod(), atlas, mirrored)


def test_labels_and_confidence_lie_where_the_image_is() -> None:
    box = np.full((50, 50, 73), 0.1, dtype=np.float32)
    box[10:20, 30:34, 5:70] = 0.9
    prediction = predict_box(Threshold(), box, _context())
    expected = (box > 0.5).astype(np.uint8)
    assert prediction.labels.dtype == np.uint8
    np.testing.assert_array_equal(prediction.labels, expected)
    assert prediction.confidence[15, 32, 40] == pytest.approx(0.9, abs=1e-3)
    assert prediction.confidence[0, 0, 0] == pytest.approx(0.9, abs=1e-3)


def test_temperature_changes_the_confidence_and_no_label() -> None:
    box = np.full((50, 50, 73), 0.02, dtype=np.float32)
    box[10:20, 30:34, 8:67] = 0.9
    method = PredictionMethod(fit_atlas=True)
    plain, cooler, warmer = (
        predict_box(Threshold(), box, replace(_context(method=changed), nuclei=(1,)))
        for changed in (method.model_copy(update={"temperature": t}) for t in (1.0, 0.5, 2.0))
    )
    np.testing.assert_array_equal(plain.labels, warmer.labels)
    np.testing.assert_array_equal(plain.labels, cooler.labels)
    place = (15, 32, 40)
    assert plain.confidence[place] == pytest.approx(0.9, abs=1e-2)
    # Odds of 9 to 1, squared and their root.
    assert cooler.confidence[place] == pytest.approx(81 / 82, abs=1e-2)
    assert warmer.confidence[place] == pytest.approx(3 / 4, abs=1e-2)
    assert warmer.confidence[0, 0, 0] == plain.confidence[0, 0, 0]


def test_mirrored_network_swaps_sides_back() -> None:
    class Sides:
        """Class 1 in the lower half of the first axis, class 2 in the upper, whatever the image shows."""

        device = "none"
        lanes = 1

        def run(self, images: FloatArray) -> FloatArray:
            given = np.full((*images.shape[:3], 3), 0.05, dtype=np.float32)
            half = images.shape[1] // 2
            given[:, :half, :, 1] = given[:, half:, :, 2] = 0.9
            return given

    box = np.zeros((50, 50, 73), dtype=np.float32)
    prediction = predict_box(Sides(), box, _context((0, 2, 1), PredictionMethod(mirror=True)))
    assert (prediction.labels[:25] == 1).all()
    assert (prediction.labels[25:] == 2).all()


@pytest.mark.parametrize("mirror", [False, True])
def test_probabilities_do_not_depend_on_how_many_slices_are_in_work_at_a_time(mirror: bool) -> None:
    class Lanes(Threshold):
        def __init__(self, lanes: int) -> None:
            self.lanes = lanes

    box = np.random.default_rng(3).random((50, 50, 73)).astype(np.float32)
    context = _context(method=PredictionMethod(mirror=mirror))
    one, four = (
        class_probabilities(Lanes(lanes), box, context, lambda fraction, text: None) for lanes in (1, 4)
    )
    np.testing.assert_array_equal(one, four)


def test_mirrored_box_lies_where_the_box_lies() -> None:
    # Two bright columns at equal distances from x = 0, which is voxel 25: what both ways see is the same.
    box = np.full((50, 50, 73), 0.1, dtype=np.float32)
    box[[15, 35], 20:30] = 0.9
    method = REFINED.model_copy(update={"fit_atlas": False})
    both = predict_box(Threshold(), box, _context(method=method))
    one = predict_box(Threshold(), box, _context())
    np.testing.assert_array_equal(both.labels, one.labels)
    np.testing.assert_allclose(both.confidence, one.confidence, atol=1e-2)


def test_refined_labels_are_the_atlas_bent_to_where_the_network_sees_them() -> None:
    box = np.full((50, 50, 73), 0.02, dtype=np.float32)
    box[10:20, 30:34, 8:67] = 0.98
    prediction = predict_box(Threshold(), box, _context(method=PredictionMethod(fit_atlas=True)))
    seen = prediction.most_probable == 1
    fitted = prediction.labels == 1
    atlas = _context().atlas == 1
    assert _iou(atlas, seen) < 0.4
    assert _iou(fitted, seen) > 0.8
    assert prediction.confidence[15, 32, 40] == pytest.approx(0.98, abs=1e-2)


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_network_with_other_classes_than_its_card_is_refused() -> None:
    with pytest.raises(InputError, match="promises"):
        predict_box(Threshold(), np.zeros((50, 50, 73), dtype=np.float32), _context(tuple(range(34))))


def test_progress_may_stop_the_prediction() -> None:
    def stop(fraction: float, text: str) -> None:
        if fraction > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_box(Threshold(), np.zeros((50, 50, 73), dtype=np.float32), _context(), stop)


def test_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"this is not a network")
    with pytest.raises(InputError, match="cannot load"):
        OnnxPredictor(path)


def test_onnx_network_gives_the_probabilities_it_should(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "model.onnx"
    _save_sigmoid_pair(onnx, path)
    images = np.random.default_rng(0).random((3, 224, 224, 1)).astype(np.float32)
    given = OnnxPredictor(path, threads=1).run(images)
    bright = 1 / (1 + np.exp(-images))
    np.testing.assert_allclose(given, np.concatenate([1 - bright, bright], axis=-1), atol=1e-6)


def _save_sigmoid_pair(onnx: object, path: Path) -> None:
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Sigmoid", ["image"], ["bright"]),
        helper.make_node("Sub", ["one", "bright"], ["dark"]),
        helper.make_node("Concat", ["dark", "bright"], ["probabilities"], axis=3),
    ]
    graph = helper.make_graph(
        nodes,
        "pair",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 224, 224, 1])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 224, 224, 2])],
        [helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    from onnx import save

    save(model, str(path))
