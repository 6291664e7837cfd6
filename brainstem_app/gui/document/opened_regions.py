"""Regions of the brainstem beside a label map that is open: their map, and their volumes after an edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.gui.document.reported import not_read
from brainstem_app.written_files import REGION_LABELS_FILE

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.gui.viewer.slices import Corners
    from brainstem_app.gui.viewer.volume import LabelVolume
    from brainstem_app.imaging.scan import Finding

_ALL = "brainstem"
_NOT_SHOWN = "Regions are not shown."


@dataclass(frozen=True, eq=False)
class OpenedRegions:
    """Regions of a result, as Segment has written them.

    Attributes
    ----------
    labels : LabelVolume
        Region of each voxel with a label.
    table : LabelTable
        Names and colours of the regions.
    reported_mm3 : mapping of str to float
        Volumes that the report gives, those of all together as ``brainstem``.
    """

    labels: LabelVolume
    table: LabelTable
    reported_mm3: Mapping[str, float]

    def mm3_after(self, labels: LabelVolume, extent: Corners | None) -> dict[str, float]:
        """Volumes (mm³) when the labels are others: the report's, and what the edit adds or takes, counted.

        Parameters
        ----------
        labels : LabelVolume
            The edited labels, on the same grid.
        extent : corners or None
            A box that holds all of them.
        """
        from brainstem_app.atlas.regions import changes_of_edit

        corners = [box for box in (self.labels.extent, extent) if box is not None]
        if not corners:
            return dict(self.reported_mm3)
        low = np.min([box[0] for box in corners], axis=0)[::-1]
        high = np.max([box[1] for box in corners], axis=0)[::-1]
        part = tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True))
        changes = changes_of_edit(self.labels.labels[part], labels.labels[part], self.table.n_classes)
        mm3 = changes * abs(float(np.linalg.det(labels.grid.affine[:3, :3])))
        added = {name: float(mm3[index]) for index, name in enumerate(self.table.names) if index}
        added[_ALL] = sum(added.values())
        return {name: volume + added.get(name, 0.0) for name, volume in self.reported_mm3.items()}


def read_regions_beside(
    labels: Path, like: LabelVolume, reported_mm3: Mapping[str, float]
) -> tuple[OpenedRegions | None, tuple[Finding, ...]]:
    """Read the region map beside a label map of Segment; where there is one that cannot be shown, why."""
    from brainstem_app.gui.viewer.volume import label_volume
    from brainstem_app.imaging.label_map import load_label_map
    from brainstem_app.models.label_meaning import labels_in, meaning_of_labels

    path = labels.with_name(REGION_LABELS_FILE)
    if not path.is_file():
        return None, ()
    try:
        regions, affine = load_label_map(path)
        table = meaning_of_labels(path, labels_in(regions)).table
    except InputError as error:
        return None, (not_read(path, error.what, _NOT_SHOWN),)
    volume = label_volume(regions, affine)
    if not volume.grid.matches(like.grid):
        return None, (not_read(path, "It lies on another grid than the labels.", _NOT_SHOWN),)
    return OpenedRegions(volume, table, reported_mm3), ()
