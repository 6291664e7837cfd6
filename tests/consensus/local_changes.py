"""Heads whose nuclei have shrunk or grown alone, made by JAX as fast as a network learns from them.

Each head is deformed together with its labels: turned, scaled and bent as `kerasmodels.data.augmented` does,
and by smooth bells of the size of nuclei, x → x + a (x − c) exp(−|x − c|² / 2s²), one amount and one width
along each axis. So what surrounds a nucleus no longer tells how large it is. Contrast, noise, resolution and
brain mask are changed as by the wide augmentation of `kerasmodels.data.augmentation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import random
from packed_heads import Heads

from kerasmodels.data.acquisition import ringing_matrix, thick_slice_matrix
from kerasmodels.data.augmentation import WIDE
from kerasmodels.data.resizing import bilinear_matrix
from kerasmodels.data.slice_input import SliceInput, position_grids

Array = Any
#: The box: x, y, z.
SHAPE = (50, 50, 73)
#: Smooth displacements of all scales: standard deviation and distance of control points, voxels.
ELASTIC = (*WIDE.elastic, (0.25, 6.0))
#: A nucleus, or a part of a long one, changes with this probability, its growth by this deviation at most so
#: much: a growth of 0.1 takes about 18 % of its volume.
NUCLEI, GROWTH, MOST = 0.6, 0.11, 0.25
#: Logarithm of a bell's width along each axis beside the nucleus's reach, and its middle, voxels.
WIDTH, OFF_CENTRE = 0.3, 0.8
#: Bells anywhere: how many, from how wide to how wide, their growth, and how far they push, voxels.
ANYWHERE, NARROW, BROAD, ANYWHERE_GROWTH, PUSH = 10, 2.0, 7.0, 0.1, 0.35
#: Bells as wide as a region.
REGIONS, REGION_NARROW, REGION_BROAD, REGION_GROWTH = 3, 9.0, 18.0, 0.06
#: Smallest determinant of the Jacobian of any head that is shown.
LEAST_JACOBIAN = 0.15
_BANK = 48
_SOFTNESS = 1.5
_LOW, _HIGH = WIDE.lowest, -WIDE.lowest


@dataclass(frozen=True)
class Shown:
    """How heads are shown to a network.

    Attributes
    ----------
    slice_input : SliceInput
    origin : tuple of int
        Voxel of the heads' grid at which the box begins.
    mirror_plane : float
        Along the box's first axis, voxels.
    """

    slice_input: SliceInput
    origin: tuple[int, int, int]
    mirror_plane: float

    def batch(
        self, key: Array, heads: Heads, who: Array, slices: Array, local: Array | float
    ) -> tuple[Array, Array, Array]:
        """Images (N, size, size, channels), labels (N, size, size) and weights of slices of changed heads.

        Parameters
        ----------
        key : JAX key
            The same one changes heads the same way.
        who : int array, shape (V,)
            Which heads.
        slices : int array, shape (V, S)
            Which slices of each.
        local : float
            By how much bells count: 1, or 0 for none.
        """
        one = partial(self._head, heads=heads, local=local)
        # Cards round the factors of products otherwise: points would lie a twentieth of a voxel off.
        with jax.default_matmul_precision("highest"):
            shown = jax.vmap(lambda k, h, z: one(k, h, z))(random.split(key, len(who)), who, slices)
        images, labels, weights = (each.reshape(-1, *each.shape[2:]) for each in shown)
        return images, labels, weights

    def _head(
        self, key: Array, who: Array, slices: Array, heads: Heads, local: Array | float
    ) -> tuple[Array, Array, Array]:
        place, look, side = random.split(key, 3)
        mirrored = random.bernoulli(side)
        points = self._points(place, heads.bells[who], mirrored, local)
        image = _linear(heads.images[who], points) * (2 * _HIGH / 255) + _LOW
        image = _looks(look, image)
        there = jnp.moveaxis(points[..., slices], -1, 1)
        field = jnp.stack([_linear(part, there) for part in heads.fields[who]])
        size, (height, width, depth) = self.slice_input.size, SHAPE
        rows, columns = bilinear_matrix(height, size), bilinear_matrix(width, size)
        labels = heads.maps[heads.map_of[who]][
            _whole(jnp.einsum("hx,isxy,wy->ishw", rows, there + field[:3], columns), heads.maps.shape[1:])
        ].astype(jnp.int32)
        labels = jnp.where(mirrored, heads.mirrored.astype(jnp.int32)[labels], labels)
        weights = jnp.maximum(1 / (1 + field[3] ** 2), 0.1)
        near = jnp.clip(slices[:, None] + np.array(self.slice_input.context), 0, depth - 1)
        channels = jnp.moveaxis(image, 2, 0)[near]
        if self.slice_input.position:
            grids = np.stack(position_grids((depth, height, width)), axis=1)
            channels = jnp.concatenate([channels, jnp.asarray(grids)[slices]], axis=1)
        shown = jnp.einsum("hx,scxy,wy->shwc", rows, channels, columns)
        return shown, labels, jnp.einsum("hx,sxy,wy->shw", rows, weights, columns)

    def _points(self, key: Array, bells: Array, mirrored: Array, local: Array | float) -> Array:
        """Where in the head each voxel of the box comes from, (3, 50, 50, 73), voxels of the head's grid."""
        keys = random.split(key, 4 + len(ELASTIC))
        angles = random.normal(keys[0], (3,)) * (WIDE.rotation_degrees * np.pi / 180)
        matrix = _rotation(angles) * jnp.exp(random.normal(keys[1], (3,)) * WIDE.scale)
        middle = (jnp.array(SHAPE) - 1) / 2
        lines = [jnp.arange(size) - (size - 1) / 2 for size in SHAPE]
        grid = jnp.stack(jnp.meshgrid(*lines, indexing="ij"))
        shift = random.normal(keys[2], (3,)) * WIDE.shift + middle
        points = jnp.einsum("ij,jxyz->ixyz", matrix, grid) + shift[:, None, None, None]
        for (amount, spacing), each in zip(ELASTIC, keys[4:], strict=True):
            points += amount * _smooth(each, spacing, (3,))
        across = points.at[0].set(2 * self.mirror_plane - points[0])
        points = jnp.where(mirrored, across, points) + jnp.array(self.origin)[:, None, None, None]
        moved = local * _moved_by(points, _drawn_bells(keys[3], bells, self.origin))
        shares = jnp.array([1.0, 0.6, 0.3, 0.0])
        least = jnp.stack([jnp.abs(_jacobian(points + share * moved)).min() for share in shares])
        signs = jnp.stack([_one_sign(_jacobian(points + share * moved)) for share in shares])
        smooth = ((least >= LEAST_JACOBIAN) & signs).at[-1].set(True)
        return points + shares[jnp.argmax(smooth)] * moved


def _drawn_bells(key: Array, bells: Array, origin: Sequence[int]) -> tuple[Array, Array, Array, Array]:
    """Middles, widths, growths and pushes, each (N, 3), of all bells of one head."""
    keys = random.split(key, 12)
    count = len(bells)
    middles = bells[:, :3] + OFF_CENTRE * random.normal(keys[0], (count, 3))
    widths = jnp.maximum(bells[:, 3:], 0.5) * jnp.exp(WIDTH * random.normal(keys[1], (count, 3)) / 1.5)
    widths *= jnp.exp(WIDTH * random.normal(keys[2], (count, 1)))
    growths = GROWTH * (random.normal(keys[3], (count, 1)) + 0.5 * random.normal(keys[4], (count, 3)))
    there = random.bernoulli(keys[5], NUCLEI, (count, 1)) & (bells[:, 3:] > 0)
    growths = jnp.where(there, jnp.clip(growths, -MOST, MOST), 0.0)
    # Those of nuclei pick where the others lie, too: in the brainstem.
    picked = bells[random.randint(keys[6], (ANYWHERE + REGIONS,), 0, count), :3]
    box = jnp.array(origin) + random.uniform(keys[7], picked.shape) * jnp.array(SHAPE)
    picked = jnp.where((picked.sum(axis=1, keepdims=True) > 0), picked, box)
    picked += random.normal(keys[8], picked.shape) * 5
    share = random.uniform(keys[9], (ANYWHERE + REGIONS, 1))
    wide = jnp.where(
        jnp.arange(ANYWHERE + REGIONS)[:, None] < ANYWHERE,
        NARROW + (BROAD - NARROW) * share,
        REGION_NARROW + (REGION_BROAD - REGION_NARROW) * share,
    )
    amount = jnp.where(jnp.arange(ANYWHERE + REGIONS) < ANYWHERE, ANYWHERE_GROWTH, REGION_GROWTH)[:, None]
    more = amount * random.normal(keys[10], picked.shape)
    pushes = jnp.concatenate([jnp.zeros((count, 3)), PUSH * random.normal(keys[11], picked.shape)])
    return (
        jnp.concatenate([middles, picked]),
        jnp.concatenate([widths, jnp.broadcast_to(wide, picked.shape)]),
        jnp.concatenate([growths, more]),
        pushes,
    )


def _moved_by(points: Array, drawn: tuple[Array, Array, Array, Array]) -> Array:
    """Displacement (3, X, Y, Z) of all bells together."""

    def add(total: Array, bell: tuple[Array, Array, Array, Array]) -> tuple[Array, None]:
        middle, width, growth, push = (each[:, None, None, None] for each in bell)
        away = points - middle
        height = jnp.exp(-0.5 * ((away / width) ** 2).sum(axis=0))
        return total + (away * growth + push) * height, None

    return jax.lax.scan(add, jnp.zeros_like(points), drawn)[0]


def _jacobian(points: Array) -> Array:
    """Determinant of the Jacobian of a map given at every voxel, by central differences."""
    rows = [jnp.gradient(part) for part in points]
    (a, b, c), (d, e, f), (g, h, i) = rows
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _one_sign(values: Array) -> Array:
    return (values.min() > 0) | (values.max() < 0)


def _rotation(angles: Array) -> Array:
    (a, b, c), (s, t, u) = jnp.cos(angles), jnp.sin(angles)
    zero, one = jnp.zeros(()), jnp.ones(())
    about_x = jnp.array([[one, zero, zero], [zero, a, -s], [zero, s, a]])
    about_y = jnp.array([[b, zero, t], [zero, one, zero], [-t, zero, b]])
    about_z = jnp.array([[c, -u, zero], [u, c, zero], [zero, zero, one]])
    return about_x @ about_y @ about_z


def _splines(size: int, spacing: float) -> Array:
    """Cubic B-spline weights (size, control points); white noise in gives variance 1 out."""
    count = int(np.ceil(size / spacing)) + 3
    places = (np.arange(size)[:, None] - (size - 1) / 2) / spacing
    distance = np.abs(places - (np.arange(count) - (count - 1) / 2))
    near, far = 2 / 3 - distance**2 + distance**3 / 2, np.clip(2 - distance, 0, None) ** 3 / 6
    weights = np.where(distance < 1, near, far)
    return (weights / np.sqrt((weights**2).sum(axis=1).mean())).astype(np.float32)


def _smooth(key: Array, spacing: float, lead: tuple[int, ...] = ()) -> Array:
    """Smooth random numbers (*lead, 50, 50, 73) of mean 0 and variance 1."""
    x, y, z = (_splines(size, spacing) for size in SHAPE)
    knots = random.normal(key, (*lead, x.shape[1], y.shape[1], z.shape[1]))
    return jnp.einsum("...abc,xa,yb,zc->...xyz", knots, x, y, z)


def _blur(volume: Array, sigma: Array | float) -> Array:
    """Gaussian blur, the standard deviation in voxels."""
    for axis, size in enumerate(SHAPE):
        steps = jnp.arange(size)
        weights = jnp.exp(-((steps[:, None] - steps) ** 2) / (2 * jnp.maximum(sigma, 0.05) ** 2))
        volume = _along(volume, weights / weights.sum(axis=1, keepdims=True), axis)
    return volume


def _along(volume: Array, matrix: Array, axis: int) -> Array:
    return jnp.moveaxis(jnp.tensordot(volume, matrix, axes=[[axis], [1]]), -1, axis)


def _bank(make: str, size: int) -> Array:
    """Matrices of one axis, drawn once, of thick slices or of missing frequencies."""
    draw = np.random.default_rng(size)
    if make == "thick":
        made = [
            thick_slice_matrix(size, 1 + draw.random() * (WIDE.thickness - 1), draw.random())
            for _ in range(_BANK)
        ]
    else:
        made = [ringing_matrix(size, 1 - draw.random() * WIDE.ringing) for _ in range(_BANK)]
    return np.stack(made)


def _looks(key: Array, image: Array) -> Array:
    """Image (50, 50, 73) as another scanner, and another brain mask, would have given it."""
    keys = iter(random.split(key, 24))
    inside = image > _LOW + 0.1
    image = _blur(image, random.uniform(next(keys)) * WIDE.blur)
    image = (
        image * jnp.exp(random.normal(next(keys)) * WIDE.contrast) + random.normal(next(keys)) * WIDE.offset
    )
    share = jnp.clip((image + _HIGH) / (2 * _HIGH), 1e-6, 1.0)
    share = share ** jnp.exp(random.normal(next(keys)) * WIDE.gamma)
    share *= jnp.exp(WIDE.shading * _smooth(next(keys), 20.0))
    image = share * (2 * _HIGH) - _HIGH
    image += random.uniform(next(keys)) * 2 * WIDE.noise * random.normal(next(keys), SHAPE)
    image = jnp.where(inside, jnp.clip(image, _LOW, _HIGH), _LOW)
    for make in ("thick", "ringing"):
        odd, axis, number = next(keys), next(keys), random.randint(next(keys), (), 0, _BANK)
        changed = jnp.stack(
            [_along(image, jnp.asarray(_bank(make, n))[number], a) for a, n in enumerate(SHAPE)]
        )
        image = jnp.where(random.bernoulli(odd, WIDE.odd), changed[random.randint(axis, (), 0, 3)], image)
    image = jnp.clip(image, _LOW, _HIGH)
    by = WIDE.mask_edge * (random.normal(next(keys)) + _smooth(next(keys), 8.0)) / np.sqrt(2)
    wider = _blur(inside.astype(jnp.float32), _SOFTNESS) > jnp.clip(0.5 - by * (0.4 / _SOFTNESS), 0.05, 0.95)
    fluid = _LOW * (0.3 + 0.6 * random.uniform(next(keys))) + 0.2 * random.normal(next(keys), SHAPE)
    other = random.bernoulli(next(keys), WIDE.odd)
    image = jnp.where(other & ~inside, fluid, image)
    inside = jnp.where(other, wider, inside)
    gone = random.uniform(next(keys)) * WIDE.cut * SHAPE[2]
    line = jnp.arange(SHAPE[2])
    kept = jnp.where(random.bernoulli(next(keys)), line >= gone, line < SHAPE[2] - gone)
    inside &= kept | ~random.bernoulli(next(keys), WIDE.odd)
    return jnp.where(inside, image, _LOW)


def _linear(volume: Array, points: Array) -> Array:
    """Trilinear values of a volume at points (3, …); beyond the edge the edge goes on."""
    x, y, z = (jnp.clip(line, 0, size - 1) for line, size in zip(points, volume.shape, strict=True))
    lower = [
        jnp.minimum(jnp.floor(line), size - 2) for line, size in zip((x, y, z), volume.shape, strict=True)
    ]
    shares = [line - low for line, low in zip((x, y, z), lower, strict=True)]
    i, j, k = (low.astype(jnp.int32) for low in lower)
    flat, (_, ny, nz) = volume.reshape(-1), volume.shape
    total = jnp.zeros(points.shape[1:], jnp.float32)
    for a in (0, 1):
        for b in (0, 1):
            for c in (0, 1):
                weight = jnp.ones(())
                for share, upper in zip(shares, (a, b, c), strict=True):
                    weight = weight * (share if upper else 1 - share)
                total += weight * flat[((i + a) * ny + (j + b)) * nz + (k + c)].astype(jnp.float32)
    return total


def _whole(points: Array, shape: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Index of the voxels nearest to points (3, …); beyond the edge the edge goes on."""
    x, y, z = (
        jnp.clip(jnp.round(line), 0, size - 1).astype(jnp.int32)
        for line, size in zip(points, shape, strict=True)
    )
    return x, y, z
