"""Brain masks that leave out places where nuclei are expected are warned of, good ones are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.library import Atlas, load_atlas
from brainstem_app.imaging.scan import Level, Scan
from brainstem_app.imaging.spaces import mni_affine
from brainstem_app.jobs.scans.mask_check import nuclei_outside_mask
from brainstem_app.preprocessing.template import load_template


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return load_atlas()


@pytest.fixture
def scan() -> Scan:
    return Scan(load_template().t1.copy(), mni_affine(), Path("template.nii.gz"))


def test_stripped_template_has_all_of_its_nuclei(scan: Scan, atlas: Atlas) -> None:
    assert nuclei_outside_mask(scan, np.eye(4), atlas) == ()


def test_nucleus_that_a_mask_cuts_is_named_with_its_share(scan: Scan, atlas: Atlas) -> None:
    index = next(s.index for s in atlas.table.nuclei if s.name == "IO_R")
    voxels = np.argwhere(atlas.labels == index)
    front = voxels[voxels[:, 1] >= np.quantile(voxels[:, 1], 0.7)]
    scan.data[tuple(front.T)] = scan.data.min()
    (found,) = nuclei_outside_mask(scan, np.eye(4), atlas)
    assert (found.level, found.code) == (Level.WARNING, "mask-at-nuclei")
    assert f"where {100 * len(front) / len(voxels):.0f} % of IO_R would be expected" in found.problem


def test_what_lies_beyond_the_grid_is_no_matter_of_a_mask(scan: Scan, atlas: Atlas) -> None:
    above = 14  # z = −58 mm: the end of the scan cuts the olives
    affine = scan.affine.copy()
    affine[2, 3] += above
    assert (
        nuclei_outside_mask(replace(scan, data=scan.data[..., above:], affine=affine), np.eye(4), atlas) == ()
    )
