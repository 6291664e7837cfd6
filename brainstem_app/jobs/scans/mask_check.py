"""Check of a brain mask at the places where nuclei are expected: labels follow the edge of a narrow mask."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from brainstem_app.atlas.library import AnyAtlas, Atlas
from brainstem_app.imaging.scan import Finding, Level, Scan
from brainstem_app.imaging.spaces import Affine, box_affine, crop_to_box
from brainstem_app.reports.scan.regions import where_empty

#: Share of a nucleus, where the affine puts it, that is warned of. On sixteen scans with a good mask no
#: nucleus had more than 0.01; with masks 1.5 and 3 mm too narrow it was 0.03 to 0.25 of an inferior olive,
#: whose volume changed by 12 to 30 % (docs/results/odd-scans.md).
LEAST_SHARE = 0.05


def nuclei_outside_mask(scan: Scan, mni_to_native: Affine, atlas: AnyAtlas) -> tuple[Finding, ...]:
    """Warn of nuclei that would lie where the scan is empty, as outside of a brain mask.

    The bend that follows fits the atlas to what is there, so that a label ends where the mask does: what is
    looked at is where the affine alone puts the nuclei. What lies beyond the grid of the scan does not count.

    Parameters
    ----------
    scan : Scan
    mni_to_native : ndarray of float64, shape (4, 4)
        World to world, mm.
    atlas : Atlas or AtlasTable
        Labels without a map lie nowhere before the network has said so: nothing is told of them.
    """
    if not isinstance(atlas, Atlas):
        return ()
    labels = crop_to_box(atlas.labels)
    voxels = np.argwhere(np.isin(labels, [nucleus.index for nucleus in atlas.table.nuclei]))
    pull = np.linalg.inv(scan.affine) @ mni_to_native @ box_affine()
    places = pull[:3, :3] @ voxels.T + pull[:3, 3:]
    # 2 marks what the grid does not hold.
    found = map_coordinates(where_empty(scan.data).astype(np.uint8), places, order=0, cval=2)
    nuclei = labels[tuple(voxels.T)]
    told = []
    for nucleus in atlas.table.nuclei:
        own = found[(nuclei == nucleus.index) & (found < 2)]
        if own.size and (share := float(own.mean())) >= LEAST_SHARE:
            told.append(f"{100 * share:.0f} % of {nucleus.name}")
    if not told:
        return ()
    problem = (
        f"The scan is empty, as outside of a brain mask, where {', '.join(told)} would be expected: labels "
        "there follow the edge of the mask."
    )
    fix = "Do not trust their volumes. Give the scan from before the mask, or a mask that is wider there."
    return (Finding(Level.WARNING, "mask-at-nuclei", problem, fix),)
