"""Batches: the same for the same seed and epoch, resized as the network expects, labels untouched."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kerasmodels import ModelError
from kerasmodels.data.acquisition import ringing_matrix, thick_slice_matrix
from kerasmodels.data.augmentation import MILD, WIDE, Augmentation
from kerasmodels.data.augmented import AugmentedEpochs, augment_volumes
from kerasmodels.data.batches import ArrayBatches, slice_batches
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.data.volumes import Volumes, slice_order

SMALL = SliceInput(size=32)


def batches(
    volumes: Volumes,
    batch_size: int = 5,
    slice_input: SliceInput = SMALL,
    *,
    seed: int | None = None,
    epoch: int = 0,
    augmentation: Augmentation | None = None,
) -> list[tuple[np.ndarray, np.ndarray]]:
    if augmentation is not None:
        volumes = augment_volumes(volumes, augmentation, (seed or 0, epoch))
    made = slice_batches(volumes, slice_order(volumes.slices, seed, epoch), batch_size, slice_input)
    return [(image.numpy(), label.numpy()) for image, label in made]


def all_of(
    volumes: Volumes, slice_input: SliceInput = SMALL, **arguments: object
) -> tuple[np.ndarray, np.ndarray]:
    ((image, label),) = batches(volumes, volumes.slices, slice_input, **arguments)
    return image, label


def test_batches_hold_every_slice_once_resized(volumes: Volumes) -> None:
    made = batches(volumes)
    assert [len(image) for image, _ in made] == [5, 5, 2]
    images = np.concatenate([image for image, _ in made])
    labels = np.concatenate([label for _, label in made])
    slices = volumes.images.reshape(12, 20, 20, 1)
    expected = keras.ops.image.resize(slices, (32, 32), interpolation="bilinear", antialias=False)
    np.testing.assert_allclose(images, keras.ops.convert_to_numpy(expected), atol=1e-6)
    assert labels.dtype == np.uint8
    nearest = np.floor((np.arange(32) + 0.5) * 20 / 32).astype(int)
    np.testing.assert_array_equal(labels, volumes.labels.reshape(12, 20, 20)[:, nearest][:, :, nearest])


def test_neighbours_are_of_the_same_volume_and_the_predictor_stacks_the_same() -> None:
    images = np.random.default_rng(0).random((2, 5, 32, 32), dtype=np.float32)
    seen = SliceInput(size=32, context=(-2, 0, 1), position=True)
    made, _ = all_of(Volumes(images, np.zeros(images.shape, np.uint8)), seen)
    assert made.shape == (10, *seen.shape)
    expected = np.concatenate([seen.stack(volume) for volume in images])
    np.testing.assert_allclose(made, expected, atol=1e-6)
    # The second volume's first slice has nothing below it: it is repeated, the first volume does not count.
    np.testing.assert_allclose(made[5, :, :, 0], images[1, 0], atol=1e-6)
    np.testing.assert_allclose(made[5, :, :, 2], images[1, 1], atol=1e-6)


def test_batches_for_other_libraries_are_the_same(volumes: Volumes) -> None:
    seen = SliceInput(size=64, context=(-1, 0, 1), position=True)
    order = slice_order(volumes.slices, 3, 1)
    ours = ArrayBatches(volumes, order, 5, seen)
    theirs = batches(volumes, 5, seen, seed=3, epoch=1)
    assert len(ours) == len(theirs) == 3
    for number, (image, label) in enumerate(theirs):
        np.testing.assert_allclose(ours[number][0], image, atol=1e-6)
        np.testing.assert_array_equal(ours[number][1], label)
        assert (ours[number][0].dtype, ours[number][1].dtype) == (image.dtype, label.dtype)


def test_epochs_made_ahead_are_those_made_alone(volumes: Volumes) -> None:
    with AugmentedEpochs(volumes, MILD, seed=3, epochs=4) as epochs:
        made = {epoch: epochs.volumes(epoch) for epoch in (1, 2, 2, 0)}
    for epoch, found in made.items():
        alone = augment_volumes(volumes, MILD, (3, epoch))
        np.testing.assert_array_equal(found.images, alone.images)
        np.testing.assert_array_equal(found.labels, alone.labels)


def test_positions_run_from_minus_one_to_one_along_each_axis() -> None:
    channels = SliceInput(position=True).stack(np.zeros((3, 5, 4), np.float32))
    np.testing.assert_allclose(channels[:, 0, 0, 1], [-1, 0, 1])
    np.testing.assert_allclose(channels[0, :, 0, 2], np.linspace(-1, 1, 5))
    np.testing.assert_allclose(channels[0, 0, :, 3], np.linspace(-1, 1, 4))


@pytest.mark.parametrize("augmentation", [None, MILD, WIDE])
def test_same_seed_and_epoch_give_the_same_batches(
    volumes: Volumes, augmentation: Augmentation | None
) -> None:
    first, again, later, other = (
        batches(volumes, seed=seed, epoch=epoch, augmentation=augmentation)
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


def test_augmentation_of_strength_zero_changes_nothing(volumes: Volumes) -> None:
    image, label = all_of(volumes)
    image2, label2 = all_of(volumes, augmentation=Augmentation())
    np.testing.assert_allclose(image, image2, atol=1e-5)
    np.testing.assert_array_equal(label, label2)


def test_mirroring_turns_the_first_axis_of_a_slice_and_swaps_the_labels_with_it() -> None:
    images = np.zeros((64, 1, 32, 32), np.float32)
    images[:, :, 1, 2] = 1.0
    labels = np.where(images > 0, 2, 0).astype(np.uint8)
    image, label = all_of(Volumes(images, labels), augmentation=Augmentation(mirrored_indices=(0, 2, 1)))
    mirrored = image[:, 30, 2, 0] > 0.5
    assert 10 < mirrored.sum() < 54
    assert (label[mirrored, 30, 2] == 1).all()
    assert (label[~mirrored, 1, 2] == 2).all()
    assert (image[~mirrored, 1, 2, 0] > 0.5).all()


def test_mirroring_at_a_plane_off_the_middle_maps_voxels_onto_voxels() -> None:
    # Plane 16: row 3 comes from row 29; row 0 would come from row 32, beyond the edge, which goes on.
    row = np.arange(32, dtype=np.float32)
    images = np.broadcast_to(row[:, None], (64, 1, 32, 32)).copy()
    mirroring = Augmentation(mirrored_indices=tuple(reversed(range(32))), mirror_plane=16.0, lowest=-40)
    image, label = all_of(Volumes(images, images.astype(np.uint8)), augmentation=mirroring)
    mirrored = image[:, 31, 5, 0] < 16
    assert 10 < mirrored.sum() < 54
    expected = np.minimum(32 - row, 31)
    np.testing.assert_allclose(image[mirrored][:, :, 5, 0], np.tile(expected, (mirrored.sum(), 1)), atol=1e-4)
    np.testing.assert_array_equal(label[mirrored][:, :, 5], np.tile(31 - expected, (mirrored.sum(), 1)))
    np.testing.assert_array_equal(label[~mirrored][:, :, 5], np.tile(row, ((~mirrored).sum(), 1)))


def test_image_and_labels_move_together() -> None:
    images = np.zeros((8, 12, 32, 32), np.float32)
    images[:, 3:9, 10:20, 12:22] = 1.0
    labels = images.astype(np.uint8)
    moving = Augmentation(rotation_degrees=15, scale=0.1, shift=2, elastic=((1.0, 10.0),))
    image, label = all_of(Volumes(images, labels), augmentation=moving)
    assert np.mean((image[..., 0] > 0.5) == (label > 0)) > 0.97
    assert len({volume.tobytes() for volume in label.reshape(8, -1)}) == 8


def test_what_is_not_brain_stays_so_and_intensities_stay_in_range() -> None:
    images = np.full((4, 4, 32, 32), -3.0, np.float32)
    images[:, :, 8:24, 8:24] = np.linspace(-2.5, 3, 16, dtype=np.float32)
    strong = Augmentation(contrast=0.5, offset=0.5, gamma=0.3, shading=0.3, noise=0.3, blur=1)
    image, _ = all_of(Volumes(images, np.zeros(images.shape, np.uint8)), augmentation=strong)
    assert (image[:, :6] == -3).all()
    assert image.min() >= -3
    assert image.max() <= 3
    assert not np.array_equal(image[0], image[4])


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((1, 2, 5, 5), np.float32), np.zeros((1, 2, 5, 6), np.uint8)),
        (np.zeros((2, 5, 5), np.float32), np.zeros((2, 5, 5), np.uint8)),
        (np.zeros((1, 2, 5, 5), np.float64), np.zeros((1, 2, 5, 5), np.uint8)),
        (np.zeros((1, 2, 5, 5), np.float32), np.zeros((1, 2, 5, 5), np.int64)),
        (np.zeros((0, 2, 5, 5), np.float32), np.zeros((0, 2, 5, 5), np.uint8)),
        (np.full((1, 2, 5, 5), np.nan, np.float32), np.zeros((1, 2, 5, 5), np.uint8)),
    ],
)
def test_volumes_that_do_not_fit_are_refused(images: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(ModelError):
        Volumes(images, labels)


def _odd(**change: float) -> Augmentation:
    return Augmentation.model_validate({"odd": 1.0, **change})


def _one_volume() -> Volumes:
    images = np.full((1, 24, 32, 32), -3.0, np.float32)
    images[:, :, 8:24, 8:24] = np.random.default_rng(0).uniform(-1, 1, (24, 16, 16))
    return Volumes(images, (images > -3).astype(np.uint8))


def test_cut_takes_slices_away_from_one_end_and_leaves_the_labels() -> None:
    given = _one_volume()
    found = augment_volumes(given, _odd(cut=0.5), (0, 3))
    gone = (found.images[0] == -3).all(axis=(1, 2))
    assert 0 < gone.sum() <= 12
    assert gone[0] != gone[-1]
    np.testing.assert_allclose(found.images[0][~gone], given.images[0][~gone], atol=1e-5)
    np.testing.assert_array_equal(found.labels, given.labels)


def test_border_of_the_brain_moves_by_the_voxels_asked_for() -> None:
    given = _one_volume()
    moved = []
    for number in range(12):
        found = augment_volumes(given, _odd(mask_edge=1.0), (number, 0))
        # About 64 voxels of border a slice: what is added or lost over that is a distance.
        moved.append(float(((found.images > -3).sum() - (given.images > -3).sum()) / (64 * 24)))
    assert min(moved) < 0 < max(moved)
    assert 0.3 < np.std(moved) < 1.5


def test_thick_slices_are_means_over_their_thickness() -> None:
    matrix = thick_slice_matrix(12, 3.0)
    np.testing.assert_allclose(matrix[[1, 4, 7, 10]], np.kron(np.eye(4), np.full(3, 1 / 3)), atol=1e-6)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(thick_slice_matrix(12, 1.0), np.eye(12), atol=1e-6)


def test_edges_ring_where_high_frequencies_are_left_out() -> None:
    edge = (np.arange(40) >= 20).astype(np.float32)
    rung = ringing_matrix(40, 0.5) @ edge
    assert rung.max() == pytest.approx(1.09, abs=0.03)
    assert rung[:5].std() < 0.02
    np.testing.assert_allclose(ringing_matrix(40, 1.0), np.eye(40), atol=1e-6)
