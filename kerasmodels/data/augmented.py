"""Random changes of whole volumes, others every epoch, on the device that Keras computes with.

Volumes are changed, not slices, so that a slice and its neighbours stay one piece of anatomy. Geometry is one
sampling step; the same displacement moves image, labels and weights. Random numbers are NumPy's, so that
every library that Keras uses makes the same changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from keras import ops
from numpy.typing import NDArray

from kerasmodels.data.acquisition import ringing_matrix, thick_slice_matrix
from kerasmodels.data.augmentation import Augmentation
from kerasmodels.data.volumes import IGNORED, Volumes

if TYPE_CHECKING:
    from keras import KerasTensor

FloatArray = NDArray[np.float32]


class AugmentedEpochs:
    """The volumes of each epoch of a run; those of the next are made while one is trained on.

    Parameters
    ----------
    volumes : Volumes
        As they are.
    augmentation : Augmentation or None
        How strongly they are changed; None leaves them.
    seed : int
        The run's seed.
    epochs : int
        How many epochs there are.
    """

    def __init__(self, volumes: Volumes, augmentation: Augmentation | None, seed: int, epochs: int) -> None:
        self._volumes, self._augmentation, self._seed, self._epochs = volumes, augmentation, seed, epochs
        self._worker = ThreadPoolExecutor(1, "augmentation")
        self._made: dict[int, Future[Volumes]] = {}
        self._over = Event()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give up what is being made, which nobody will need."""
        self._over.set()
        self._worker.shutdown(cancel_futures=True)

    def volumes(self, epoch: int) -> Volumes:
        """Volumes of an epoch, counted from 0; the same for the same seed and epoch."""
        augmentation = self._augmentation
        if augmentation is None:
            return self._volumes
        made = self._made.pop(epoch, None) or self._make(epoch, augmentation)
        self._made.clear()
        found = made.result()
        if epoch + 1 < self._epochs:
            self._made[epoch + 1] = self._make(epoch + 1, augmentation)
        return found

    def _make(self, epoch: int, augmentation: Augmentation) -> Future[Volumes]:
        seed = (self._seed, epoch)
        return self._worker.submit(augment_volumes, self._volumes, augmentation, seed, self._over.is_set)


def augment_volumes(
    volumes: Volumes,
    augmentation: Augmentation,
    seed: tuple[int, int],
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Volumes:
    """Change each volume at random, another way for another seed.

    Parameters
    ----------
    volumes : Volumes
        Images, labels and weights; they stay as they are.
    augmentation : Augmentation
        How strongly.
    seed : tuple of int
        The run's seed and the epoch; the same seed gives the same changes.
    is_cancelled : callable
        Asked before each volume; once true, the volumes are returned as they were.

    Returns
    -------
    Volumes
        New ones of the same shape.
    """
    changes = _Changes(augmentation, volumes.images.shape[1:])
    images, labels = np.empty_like(volumes.images), np.empty_like(volumes.labels)
    weights = None if volumes.weights is None else np.empty_like(volumes.weights)
    for number, (image, label) in enumerate(zip(volumes.images, volumes.labels, strict=True)):
        if is_cancelled():
            return volumes
        draw = _Draw(np.random.default_rng([*seed, number]))
        new_image, new_label, nearest = changes.apply(image, label, draw)
        images[number], labels[number] = ops.convert_to_numpy(new_image), ops.convert_to_numpy(new_label)
        if weights is not None and volumes.weights is not None:
            moved = _take(ops.convert_to_tensor(volumes.weights[number]), nearest)
            weights[number] = ops.convert_to_numpy(moved)
    return Volumes(images, labels, weights)


class _Draw:
    """Random numbers in 32 bits."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator

    def normal(self, *shape: int) -> FloatArray:
        return self._generator.standard_normal(shape, dtype=np.float32)

    def one(self) -> float:
        """Draw one normal number."""
        return float(self._generator.standard_normal())

    def uniform(self) -> float:
        return float(self._generator.random())

    def below(self, count: int) -> int:
        """Draw a whole number from 0 to `count` − 1."""
        return int(self._generator.integers(count))


class _Changes:
    """The changes of an augmentation for volumes of one shape."""

    def __init__(self, augmentation: Augmentation, shape: tuple[int, ...]) -> None:
        self.augmentation, self.shape = augmentation, shape
        plane = augmentation.mirror_plane
        # Of every number a label can be, for those that are no class stay what they are.
        self.mirrored = np.arange(IGNORED + 1, dtype=np.uint8)
        self.mirrored[: len(augmentation.mirrored_indices or ())] = augmentation.mirrored_indices or ()
        self.mirror_plane = (shape[1] - 1) / 2 if plane is None else plane
        self.elastic = [(amplitude, _splines(shape, spacing)) for amplitude, spacing in augmentation.elastic]
        self.shading = _splines(shape, 20.0)
        self.mask_edge = _splines(shape, 8.0)

    def apply(
        self, image: FloatArray, label: NDArray[np.uint8], draw: _Draw
    ) -> tuple[KerasTensor, KerasTensor, list[KerasTensor]]:
        """Change one volume (slices, height, width) and its labels, and say which voxels they come from."""
        settings = self.augmentation
        points = self.source_points(draw)
        if settings.mirrored_indices is not None and draw.uniform() < 0.5:
            label = self.mirrored[label]
            points[1] = 2 * self.mirror_plane - points[1]
        moved = _sample_linear(ops.convert_to_tensor(image), points)
        inside = moved > settings.lowest + 0.1
        changed = self.change_intensities(moved, draw)
        if settings.odd:
            changed = self.change_acquisition(ops.where(inside, changed, settings.lowest), draw)
            inside, changed = self.change_brain(inside, changed, draw)
        changed = ops.where(inside, changed, settings.lowest)
        nearest = [ops.floor(line + 0.5) for line in points]
        return changed, _take(ops.convert_to_tensor(label.astype(np.int32)), nearest), nearest

    def source_points(self, draw: _Draw) -> list[KerasTensor]:
        """Slice, row and column of the volume that each voxel of the changed one is taken from."""
        settings = self.augmentation
        matrix = _rotation(draw.normal(3) * (settings.rotation_degrees * np.pi / 180))
        matrix = (matrix * np.exp(draw.normal(3) * settings.scale)).astype(np.float32)
        shift = draw.normal(3) * settings.shift
        middle = [(size - 1) / 2 for size in self.shape]
        lines = [
            np.arange(size, dtype=np.float32) - half for size, half in zip(self.shape, middle, strict=True)
        ]
        grids = [ops.convert_to_tensor(grid) for grid in np.meshgrid(*lines, indexing="ij", sparse=True)]
        points = [
            sum(float(matrix[axis, other]) * grids[other] for other in range(3))
            + (float(shift[axis]) + middle[axis])
            for axis in range(3)
        ]
        for amplitude, splines in self.elastic:
            points = [point + amplitude * _smooth_field(draw, splines) for point in points]
        return points

    def change_intensities(self, image: KerasTensor, draw: _Draw) -> KerasTensor:
        """Change intensities between `lowest` and −`lowest`, which they do not leave."""
        settings = self.augmentation
        highest = -settings.lowest
        if settings.blur:
            image = _blur(image, draw.uniform() * settings.blur, self.shape)
        image = image * float(np.exp(draw.one() * settings.contrast)) + draw.one() * settings.offset
        share = ops.clip((image + highest) / (2 * highest), 1e-6, 1.0)
        if settings.gamma:
            share = ops.power(share, float(np.exp(draw.one() * settings.gamma)))
        if settings.shading:
            share = share * ops.exp(settings.shading * _smooth_field(draw, self.shading))
        image = share * (2 * highest) - highest
        if settings.noise:
            # A drawn amount of noise: scans differ in it.
            amount = draw.uniform() * 2 * settings.noise
            image = image + amount * ops.convert_to_tensor(draw.normal(*self.shape))
        return ops.clip(image, settings.lowest, highest)

    def change_acquisition(self, image: KerasTensor, draw: _Draw) -> KerasTensor:
        """See some volumes in thick slices, or without the highest frequencies of an axis."""
        settings = self.augmentation
        if settings.thickness > 1 and draw.uniform() < settings.odd:
            thickness, offset = 1 + draw.uniform() * (settings.thickness - 1), draw.uniform()
            image = self._along_one(image, draw, lambda size: thick_slice_matrix(size, thickness, offset))
        if settings.ringing and draw.uniform() < settings.odd:
            kept = 1 - draw.uniform() * settings.ringing
            image = self._along_one(image, draw, lambda size: ringing_matrix(size, kept))
        return ops.clip(image, settings.lowest, -settings.lowest)

    def _along_one(self, image: KerasTensor, draw: _Draw, make: Callable[[int], FloatArray]) -> KerasTensor:
        matrices: list[FloatArray] = [np.eye(size, dtype=np.float32) for size in self.shape]
        axis = draw.below(3)
        matrices[axis] = make(self.shape[axis])
        return _along_axes(image, matrices)

    def change_brain(
        self, inside: KerasTensor, image: KerasTensor, draw: _Draw
    ) -> tuple[KerasTensor, KerasTensor]:
        """Move the border of what is brain in some volumes, and cut slices off some."""
        settings = self.augmentation
        if settings.mask_edge and draw.uniform() < settings.odd:
            # About its border, a blurred mask falls by 0.4 / sigma a voxel.
            softness = 1.5
            moved_by = settings.mask_edge * (draw.one() + _smooth_field(draw, self.mask_edge)) / np.sqrt(2)
            soft = _blur(ops.cast(inside, "float32"), softness, self.shape)
            wider = soft > ops.clip(0.5 - moved_by * (0.4 / softness), 0.05, 0.95)
            fluid = settings.lowest * (0.3 + 0.6 * draw.uniform())
            image = ops.where(inside, image, fluid + 0.2 * ops.convert_to_tensor(draw.normal(*self.shape)))
            inside = wider
        if settings.cut and draw.uniform() < settings.odd:
            depth = self.shape[0]
            slices = np.arange(depth)[:, None, None]
            gone = draw.uniform() * settings.cut * depth
            kept = slices >= gone if draw.uniform() < 0.5 else slices < depth - gone
            inside = ops.logical_and(inside, ops.convert_to_tensor(kept))
        return inside, image


def _rotation(angles: FloatArray) -> NDArray[np.float64]:
    """Rotation matrix (3, 3) by three angles (radians), one about each axis."""
    (ca, cb, cc), (sa, sb, sc) = np.cos(angles), np.sin(angles)
    about = [
        [[1, 0, 0], [0, ca, -sa], [0, sa, ca]],
        [[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]],
        [[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]],
    ]
    first, second, third = (np.array(matrix, dtype=np.float64) for matrix in about)
    return first @ second @ third


def _splines(shape: tuple[int, ...], spacing: float) -> list[FloatArray]:
    """Cubic B-spline weights of each axis, (size, control points); white noise in gives variance 1 out."""
    matrices = []
    for size in shape:
        count = int(np.ceil(size / spacing)) + 3
        distance = np.abs(
            (np.arange(size)[:, None] - (size - 1) / 2) / spacing - (np.arange(count) - (count - 1) / 2)
        )
        near = 2 / 3 - distance**2 + distance**3 / 2
        far = np.clip(2 - distance, 0, None) ** 3 / 6
        weights = np.where(distance < 1, near, far)
        matrices.append((weights / np.sqrt((weights**2).sum(axis=1).mean())).astype(np.float32))
    return matrices


def _smooth_field(draw: _Draw, splines: list[FloatArray]) -> KerasTensor:
    """Smooth random numbers of mean 0 and variance 1 for every voxel."""
    control = draw.normal(*(matrix.shape[1] for matrix in splines))
    return _along_axes(ops.convert_to_tensor(control), splines)


def _along_axes(volume: KerasTensor, matrices: Sequence[FloatArray]) -> KerasTensor:
    """Multiply each axis of a volume by a matrix (new size, old size)."""
    for matrix in matrices:
        # The first axis is multiplied and becomes the last, so after three turns all are in their places.
        volume = ops.tensordot(volume, ops.convert_to_tensor(matrix), axes=[[0], [1]])
    return volume


def _blur(volume: KerasTensor, sigma: float, shape: tuple[int, ...]) -> KerasTensor:
    """Gaussian blur, the standard deviation in voxels."""
    matrices = []
    for size in shape:
        steps = np.arange(size)
        weights = np.exp(-((steps[:, None] - steps) ** 2) / (2 * max(sigma, 0.05) ** 2))
        matrices.append((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))
    return _along_axes(volume, matrices)


def _take(volume: KerasTensor, points: list[KerasTensor]) -> KerasTensor:
    """Values of a volume at whole points; the border goes on outside."""
    depth, height, width = volume.shape
    i, j, k = (
        ops.cast(ops.clip(line, 0.0, size - 1.0), "int32")
        for line, size in zip(points, (depth, height, width), strict=True)
    )
    return ops.take(ops.reshape(volume, (-1,)), (i * height + j) * width + k)


def _sample_linear(volume: KerasTensor, points: list[KerasTensor]) -> KerasTensor:
    """Trilinear values of a volume at points."""
    lower = [ops.floor(line) for line in points]
    shares = [line - floor for line, floor in zip(points, lower, strict=True)]
    total = ops.zeros_like(points[0])
    for corner in np.ndindex(2, 2, 2):
        weight = ops.ones_like(points[0])
        for share, upper in zip(shares, corner, strict=True):
            weight = weight * (share if upper else 1 - share)
        taken = _take(volume, [floor + upper for floor, upper in zip(lower, corner, strict=True)])
        total = total + weight * taken
    return total
