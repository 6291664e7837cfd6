"""Words for what lies at a voxel: place, structures, confidence, intensity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brainstem_app.gui.viewer.overlays.image_layer import value_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from brainstem_app.atlas.label_table import LabelTable, Structure
    from brainstem_app.gui.viewer.slices import Voxel
    from brainstem_app.gui.viewer.volume import CanonicalGrid, ImageVolume, LabelVolume


def place_text(
    grid: CanonicalGrid,
    voxel: Voxel,
    image: ImageVolume | None,
    table: LabelTable | None,
    labels: tuple[LabelVolume | None, LabelVolume | None],
    confidence: NDArray[np.uint8] | None,
    layers: Sequence[tuple[str, float]],
    name_of: Callable[[Structure], str],
) -> str:
    """Coordinates of a voxel in mm, structure, values of images, reference, confidence, intensity."""
    x, y, z = grid.world_mm(voxel)
    words = [f"x {x:.1f}  y {y:.1f}  z {z:.1f} mm"]
    ours, reference = labels
    if ours is not None and table is not None:
        structure = table.structures[ours.label(voxel)]
        words.append(f"{name_of(structure)}: {structure.full_name}" if structure.index else "no label")
    words += [f"{name} {value_text(value)}" for name, value in layers]
    if reference is not None and table is not None:
        other = table.structures[reference.label(voxel)]
        words.append(f"reference {name_of(other) if other.index else 'no label'}")
    if confidence is not None:
        value = int(confidence[voxel[2], voxel[1], voxel[0]])
        words += [f"confidence {value / 255:.2f}"] if value else []
    if image is not None:
        words.append(f"intensity {image.intensity(voxel):.4g}")
    return "  ·  ".join(words)
