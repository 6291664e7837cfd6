"""Source atlases: read them, register them to the template, resample their labels onto the ``mni`` grid."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.building.recipe import RecipeSource
from brainstem_app.errors import InputError
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import MNI_SHAPE, Affine, mni_affine


@dataclass(frozen=True)
class Source:
    """A source atlas in memory.

    Attributes
    ----------
    recipe : RecipeSource
        What the recipe says of it.
    values : ndarray, shape (X, Y, Z) or (X, Y, Z, N)
        Labels, or N probabilities.
    affine : ndarray, shape (4, 4)
        Voxel to the source's world, mm.
    template_to_source : ndarray, shape (4, 4)
        Where a point of the ``mni`` world (mm) lies in the source's world (mm).
    sha256 : str
        Of the file.
    """

    recipe: RecipeSource
    values: NDArray[Any]
    affine: Affine
    template_to_source: Affine
    sha256: str

    def registered(self, template_to_source: Affine) -> Source:
        """Return the same source laid elsewhere."""
        return replace(self, template_to_source=template_to_source)

    def membership(self, labels: Sequence[int]) -> NDArray[np.float32]:
        """Probability 0…1 of being in one of the labels, on the source's own grid."""
        if self.recipe.kind == "probabilities":
            return np.asarray(np.clip(self.values[..., list(labels)].sum(axis=-1), 0, 1), dtype=np.float32)
        return np.isin(self.values, labels).astype(np.float32)

    def probability(self, labels: Sequence[int]) -> NDArray[np.float32]:
        """Probability 0…1 of being in one of the labels, on the ``mni`` grid.

        Raises
        ------
        InputError
            If the source has no such label.
        """
        n = self.values.shape[-1]
        known = range(n) if self.recipe.kind == "probabilities" else set(np.unique(self.values).tolist())
        missing = [label for label in labels if label not in known]
        if missing:
            raise InputError(
                f"The source {self.recipe.id} has no label {missing[0]}.",
                self.recipe.file,
                "Correct the label in the recipe.",
            )
        member = self.membership(labels)
        resampled = resample(
            member, self.affine, MNI_SHAPE, mni_affine(), world_to_world=self.template_to_source
        )
        return np.asarray(resampled, dtype=np.float32)


def read_source(recipe: RecipeSource, data_folder: Path) -> Source:
    """Read a source atlas; not yet registered.

    Raises
    ------
    InputError
        If the file cannot be read or has the wrong number of dimensions.
    """
    path = data_folder / recipe.file
    try:
        image = nib.Nifti1Image.from_filename(path)
        values = np.asanyarray(image.dataobj)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, EOFError, ValueError, nib.filebasedimages.ImageFileError) as error:
        raise InputError(
            f"The source atlas {recipe.id} cannot be read.", path, "Check --data and the recipe's file."
        ) from error
    wanted = 4 if recipe.kind == "probabilities" else 3
    if values.ndim != wanted:
        raise InputError(
            f"The source atlas {recipe.id} has {values.ndim} dimensions, its kind needs {wanted}.",
            path,
            "Correct kind in the recipe: labels (3) or probabilities (4).",
        )
    if recipe.kind == "labels":
        values = np.rint(values).astype(np.int32)
    return Source(recipe, values, np.asarray(image.affine, dtype=np.float64), np.eye(4), digest)
