"""A tiny source atlas: one midline block and one pair, a little to the right of where they belong."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, MNI_SHAPE, mni_affine

RECIPE = """
name = "tiny"
version = "0.1"
date = "2026-11-22"

[[source]]
id = "made"
title = "Made-up atlas"
licence = "CC0"
citation = "none"
space = "mni"
file = "made.nii.gz"
kind = "labels"

[[structure]]
name = "Mid"
source = "made"
labels = [1]
paired = false

[[structure]]
name = "Side"
source = "made"
left = [2]
right = [3]
paired = true
priority = 1
"""

TABLE = """index,name,full_name,side,group,colour,source,licence,reliability
0,background,Background,midline,background,#000000,none,none,
1,WM,White matter,midline,tissue,#d9d9d9,none,none,
2,GM,Grey matter,midline,tissue,#8c8c8c,none,none,
3,Mid,Middle,midline,nucleus,#f26d6d,made,CC0,
4,Side_L,Left,left,nucleus,#3c71f2,made,CC0,
5,Side_R,Right,right,nucleus,#2d56b7,made,CC0,
"""


def block(low_mm: tuple[int, int, int], high_mm: tuple[int, int, int]) -> tuple[slice, ...]:
    """Slices of the `mni` grid from one corner to the other, both included, in mm."""
    return tuple(
        slice(int(a - o), int(b - o) + 1) for a, b, o in zip(low_mm, high_mm, MNI_ORIGIN_MM, strict=True)
    )


def write_tiny_recipe(folder: Path) -> Path:
    """Write recipe, table and source file into one folder; returns the recipe."""
    folder.mkdir(parents=True, exist_ok=True)
    values = np.zeros(MNI_SHAPE, dtype=np.uint8)
    values[block((-2, -30, -30), (2, -26, -26))] = 1
    values[block((-8, -30, -30), (-3, -26, -26))] = 2
    values[block((2, -30, -30), (8, -26, -26))] = 3
    nib.save(nib.Nifti1Image(values, mni_affine()), folder / "made.nii.gz")
    (folder / "structures.csv").write_text(TABLE, encoding="utf-8")
    path = folder / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture
def tiny_recipe(tmp_path: Path) -> Path:
    """Recipe, table and source file, all in one folder."""
    return write_tiny_recipe(tmp_path)
