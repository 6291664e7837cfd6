"""Batches: the same for the same seed and epoch, resized as the network expects, labels untouched."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kerasmodels import ModelError
from kerasmodels.data.augmentation import MILD, Augmentation
from kerasmodels.data.slices import SliceArrays, slice_dataset, slice_order


def batches(slices: SliceArrays, **arguments: object) -> list[tuple[np.ndarray, np.ndarray]]:
    dataset = slice_dataset(slices, **{"batch_size": 5, "size": 32, **arguments})  # type: ignore[arg-type]
    return [(image.numpy(), label.numpy()) for image, label in dataset]


def test_batches_hold_every_slice_once_resized(slices: SliceArrays) -> None:
    made = batches(slices)
    assert [len(image) for image, _ in made] == [5, 5, 2]
    images = np.concatenate([image for image, _ in made])
    labels = np.concatenate([label for _, label in made])
    expected = keras.ops.image.resize(
        slices.images[..., None], (32, 32), interpolation="bilinear", antialias=False
    )
    np.testing.assert_allclose(images, keras.ops.convert_to_numpy(expected), atol=1e-6)
    assert labels.dtype == np.uint8
    nearest = np.floor((np.arange(32) + 0.5) * 20 / 32).astype(int)
    np.testing.assert_array_equal(labels, slices.labels[:, nearest][:, :, nearest])


@pytest.mark.parametrize("augmentation", [None, MILD])
def test_same_seed_and_epoch_give_the_same_batches(
    slices: SliceArrays, augmentation: Augmentation | None
) -> None:
    first, again, later, other = (
        batches(slices, shuffle_seed=seed, epoch=epoch, augmentation=augmentation)
        for seed, epoch in [(3, 1), (3, 1), (3, 2), (4, 1)]
    )
    for (image, label), (image2, label2) in zip(first, again, strict=True):
        np.testing.assert_array_equal(image, image2)
        np.testing.assert_array_equal(label, label2)
    assert not np.array_equal(first[0][0], later[0][0])
    assert not np.array_equal(first[0][0], other[0][0])


def test_order_is_a_permutation() -> None:
    assert sorted(slice_order(50, 1, 2)) == list(range(50))
    assert list(slice_order(4, None, 2)) == [0, 1, 2, 3]


def test_augmentation_of_strength_zero_is_plain_resizing(slices: SliceArrays) -> None:
    plain, unchanged = batches(slices), batches(slices, augmentation=Augmentation())
    for (image, label), (image2, label2) in zip(plain, unchanged, strict=True):
        np.testing.assert_allclose(image, image2, atol=1e-5)
        np.testing.assert_array_equal(label, label2)


def test_mirroring_turns_the_first_axis_and_swaps_the_labels_with_it() -> None:
    images = np.zeros((64, 10, 10), np.float32)
    images[:, 1, 2] = 1.0
    labels = np.where(images > 0, 2, 0).astype(np.uint8)
    augmentation = Augmentation(mirrored_indices=(0, 2, 1))
    (image, label), *_ = batches(
        SliceArrays(images, labels), batch_size=64, size=10, augmentation=augmentation
    )
    mirrored = image[:, 8, 2, 0] > 0.5
    assert 10 < mirrored.sum() < 54
    assert (label[mirrored, 8, 2] == 1).all()
    assert (label[~mirrored, 1, 2] == 2).all()
    assert (image[~mirrored, 1, 2, 0] > 0.5).all()


def test_image_and_labels_move_together() -> None:
    images = np.zeros((8, 30, 30), np.float32)
    images[:, 10:20, 12:22] = 1.0
    labels = images.astype(np.uint8)
    moving = Augmentation(rotation_degrees=20, scale=0.1, shift=3, elastic=1)
    (image, label), *_ = batches(SliceArrays(images, labels), batch_size=8, size=64, augmentation=moving)
    assert np.mean((image[..., 0] > 0.5) == (label > 0)) > 0.97
    assert len({label[i].tobytes() for i in range(8)}) == 8


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((2, 5, 5), np.float32), np.zeros((2, 5, 6), np.uint8)),
        (np.zeros((2, 5, 5), np.float64), np.zeros((2, 5, 5), np.uint8)),
        (np.zeros((2, 5, 5), np.float32), np.zeros((2, 5, 5), np.int64)),
        (np.zeros((0, 5, 5), np.float32), np.zeros((0, 5, 5), np.uint8)),
        (np.full((2, 5, 5), np.nan, np.float32), np.zeros((2, 5, 5), np.uint8)),
    ],
)
def test_slices_that_do_not_fit_are_refused(images: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(ModelError):
        SliceArrays(images, labels)
