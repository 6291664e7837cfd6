"""Surfaces drawn by NumPy alone: a depth buffer in software, which any computer has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.viewer.surfaces.surface import Surface

_DEPTH_STEPS = 1 << 20
_MOST_SAMPLES = 26
_LIGHT = np.array((-0.35, 0.45, 0.82), dtype=np.float32)
_AMBIENT = 0.30
# Opacity of glass that faces the eye, and of its edge; and how far its colours are mixed with white.
_CLEAREST, _DENSEST, _BRIGHTER = 0.12, 0.85, 0.35


#: Degrees around the body's axis and upwards, by where the eye is.
DIRECTIONS = {
    "the front": (0.0, 0.0),
    "the patient's left": (90.0, 0.0),
    "behind": (180.0, 0.0),
    "the patient's right": (270.0, 0.0),
    "above": (0.0, 90.0),
    "below": (0.0, -90.0),
}


@dataclass(frozen=True)
class Camera:
    """Where the surfaces are looked at from, without perspective.

    Attributes
    ----------
    yaw, pitch : float
        Degrees around the body's axis (0: from the front; 90: from the patient's left) and upwards.
    pixels_per_mm : float
        Magnification.
    """

    yaw: float = 30.0
    pitch: float = 15.0
    pixels_per_mm: float = 5.0

    @property
    def axes(self) -> NDArray[np.float32]:
        """Rows: the screen's rightwards, upwards, and towards the eye, in world coordinates (RAS+)."""
        yaw, pitch = np.radians(self.yaw), np.radians(self.pitch)
        right = np.array((-np.cos(yaw), -np.sin(yaw), 0.0))
        eye = np.array((-np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)))
        return np.stack([right, np.cross(eye, right), eye]).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Rendered:
    """A picture of surfaces.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (H, W, 4)
        Red, green, blue, opacity.
    labels : ndarray of uint8, shape (H, W)
        Label that each pixel shows, 0 for none.
    facing : ndarray of float32, shape (H, W)
        How far the surface there faces the eye: 1 straight, 0 seen from its edge.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    facing: NDArray[np.float32]

    def behind(self, glass: Rendered) -> Rendered:
        """Lay another picture over this one as of glass, clearest where its surfaces face the eye."""
        edge = 1 - np.clip(glass.facing, 0, 1)
        opacity = ((_CLEAREST + (_DENSEST - _CLEAREST) * edge**2) * (glass.labels > 0))[..., None]
        pixels = self.pixels.astype(np.float32)
        pixels[self.labels == 0] = (0, 0, 0, 255)
        bright = (1 - _BRIGHTER) * glass.pixels + _BRIGHTER * 255 * (glass.labels > 0)[..., None]
        mixed = (1 - opacity) * pixels + opacity * bright
        seen = (self.labels > 0) | (glass.labels > 0)
        return Rendered((mixed * seen[..., None]).astype(np.uint8), self.labels, self.facing)

    def rimmed(self, inside: NDArray[np.bool_], width: int) -> Rendered:
        """Draw a white rim, some pixels wide, inside the outline of what is true (H, W)."""
        padded = np.pad(inside, width)
        rows, columns = (slice(width, width + n) for n in inside.shape)
        inner = inside.copy()
        for by in (-width, width):
            inner &= padded[rows.start + by : rows.stop + by, columns]
            inner &= padded[rows, columns.start + by : columns.stop + by]
        pixels = self.pixels.copy()
        pixels[inside & ~inner] = 255
        return Rendered(pixels, self.labels, self.facing)


def render(
    surface: Surface,
    camera: Camera,
    size: tuple[int, int],
    table: NDArray[np.uint8],
    centre: NDArray[np.float32] | None = None,
) -> Rendered:
    """Draw surfaces.

    Parameters
    ----------
    surface : Surface
    camera : Camera
        Looks at the middle of the surfaces.
    size : tuple of int
        Width and height in pixels.
    table : ndarray of uint8, shape (256, 4)
        Colours; labels without opacity are not drawn.
    centre : ndarray, shape (3,), optional
        Point of the world (mm) in the middle of the picture; that of the surfaces by default.
    """
    width, height = size
    axes = camera.axes
    middle = surface.centre if centre is None else centre
    placed = ((surface.points - middle) @ axes.T) * np.float32(camera.pixels_per_mm)
    placed[:, 0] += width / 2
    placed[:, 1] = height / 2 - placed[:, 1]
    quads = _towards_eye(placed, surface, table)
    corners = placed[surface.quads[quads]]
    weights = _weights(corners)
    key = _nearest(corners, weights, width, height)
    hit = np.flatnonzero(key)
    sample = (key[hit] & 0xFFFFFFFF) - 1
    quad, place = np.divmod(sample, len(weights))
    light = _AMBIENT + (1 - _AMBIENT) * np.clip(surface.normals @ (_LIGHT @ axes), 0, 1)
    shade = (light[surface.quads[quads[quad]]] * weights[place]).sum(axis=1)
    labels = np.zeros(height * width, dtype=np.uint8)
    labels[hit] = surface.labels[quads[quad]]
    pixels = np.zeros((height * width, 4), dtype=np.uint8)
    pixels[hit, :3] = table[labels[hit], :3] * shade[:, None]
    pixels[hit, 3] = 255
    facing = np.zeros(height * width, dtype=np.float32)
    facing[hit] = ((surface.normals @ axes[2])[surface.quads[quads[quad]]] * weights[place]).sum(axis=1)
    shape = height, width
    return Rendered(pixels.reshape(*shape, 4), labels.reshape(shape), facing.reshape(shape))


def _towards_eye(
    placed: NDArray[np.floating], surface: Surface, table: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Numbers of the quads that are drawn and face the eye (the screen's y runs downwards)."""
    a, b, c, d = (placed[surface.quads[:, corner], :2] for corner in range(4))
    first, second = c - a, d - b
    faces = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] < 0
    return np.flatnonzero(faces & (table[surface.labels, 3] > 0))


def _weights(corners: NDArray[np.floating]) -> NDArray[np.float32]:
    """Weights of the four corners, (S, 4), at samples so dense that no pixel inside a quad is missed."""
    if not len(corners):
        return np.zeros((1, 4), dtype=np.float32)
    edge = np.abs(corners - np.roll(corners, 1, axis=1))[:, :, :2].max(axis=(1, 2))
    count = min(int(np.ceil(edge.max())) + 1, _MOST_SAMPLES)
    u, v = np.meshgrid(*[np.linspace(0, 1, max(count, 2), dtype=np.float32)] * 2)
    u, v = u.ravel(), v.ravel()
    return np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], axis=1)


def _nearest(
    corners: NDArray[np.floating], weights: NDArray[np.float32], width: int, height: int
) -> NDArray[np.int64]:
    """For each pixel, depth and number + 1 of the sample nearest to the eye in one integer; 0 for none."""
    buffer = np.zeros(height * width, dtype=np.int64)
    if not len(corners):
        return buffer
    samples = np.matmul(weights, corners).reshape(-1, 3)
    x, y = samples[:, 0].astype(np.int32), samples[:, 1].astype(np.int32)
    inside = (samples[:, 0] >= 0) & (x < width) & (samples[:, 1] >= 0) & (y < height)
    depth = samples[:, 2]
    lowest, highest = float(depth.min()), float(depth.max())
    steps = ((depth - lowest) * ((_DEPTH_STEPS - 1) / max(highest - lowest, 1e-6))).astype(np.int64)
    key = (steps << 32) + np.arange(1, len(samples) + 1)
    np.maximum.at(buffer, y[inside] * np.int32(width) + x[inside], key[inside])
    return buffer
