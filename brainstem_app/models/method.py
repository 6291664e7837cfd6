"""How a model's network is used: what it sees, and what is made of its probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from brainstem_app.atlas.library import AnyAtlas, Atlas
from brainstem_app.evaluation.calibration import LOW_CONFIDENCE
from brainstem_app.imaging.spaces import BOX_MIDPLANE, BOX_SHAPE, crop_to_box
from kerasmodels.data.slice_input import SliceInput

if TYPE_CHECKING:
    from brainstem_app.preprocessing.transforms import Displacement


class FitRound(BaseModel):
    """One search for the displacement of the atlas; it begins where the round before ended.

    Attributes
    ----------
    network_weight, intensity_weight : float
        What the network's probabilities and the likeness of scan and template count.
    window : float
        Standard deviation, voxels (mm), of the window in which scan and template are compared.
    variance_floor : float
        Added to their variances in each window, of intensities with a spread of 1: where a structure's
        contrast is less than this, likeness counts little.
    smoothness : float
        What the splines' roughness costs.
    iterations : int
        Steps at most.
    beside_found : bool
        Roughness is counted from what the rounds before found, from this round on, not from the usual
        displacement. What smoothness held back of a change is then asked for once more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    network_weight: Annotated[float, Field(ge=0)] = 1.0
    intensity_weight: Annotated[float, Field(ge=0)] = 0.0
    window: Annotated[float, Field(gt=0, le=5)] = 1.5
    variance_floor: Annotated[float, Field(gt=0)] = 0.02
    smoothness: Annotated[float, Field(gt=0)] = 0.2
    iterations: Annotated[int, Field(gt=0)] = 20
    beside_found: bool = False


class FitSettings(BaseModel):
    """How the atlas is bent (`brainstem_app.models.atlas_fit`); the defaults are what cards without it mean.

    Attributes
    ----------
    rounds : tuple of FitRound
        One after the other.
    from_warp : bool
        Labels, volumes and positions come from the warp alone, which never folds, and where the scan is cut
        off inside the brainstem neither network nor intensities are asked. Else network and atlas vote on
        each voxel, and voxels are counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rounds: Annotated[tuple[FitRound, ...], Field(min_length=1)] = (FitRound(),)
    from_warp: bool = False

    @property
    def needs_images(self) -> bool:
        """Whether the scan's intensities are looked at beside the network's probabilities."""
        return self.from_warp or any(each.intensity_weight for each in self.rounds)


class PredictionMethod(BaseModel):
    """What is made of a network's probabilities; the defaults are the paper's: the most probable class.

    Attributes
    ----------
    mirror : bool
        Label the mirrored box as well, and take the geometric mean of both probabilities.
    mirror_plane : float
        Where along the first axis it is mirrored, voxels. Networks trained since the augmentation mirrors at
        x = 0 mm need 25; cards without it mean the middle of the box, half a voxel beside, as their networks
        learned it.
    fit_atlas : bool
        Bend the atlas to what the network sees and take its labels.
    fit : FitSettings
        How it is bent.
    temperature : float
        What calibrates the confidence of nuclei (`brainstem_app.evaluation.calibration`); 1 leaves it as the
        network says. Labels do not depend on it. Model cards without it mean 1.
    low_confidence : float
        Nuclei with a lower mean confidence are marked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mirror: bool = False
    mirror_plane: float = (BOX_SHAPE[0] - 1) / 2
    fit_atlas: bool = False
    fit: FitSettings = FitSettings()
    temperature: Annotated[float, Field(gt=0)] = 1.0
    low_confidence: Annotated[float, Field(ge=0, le=1)] = LOW_CONFIDENCE


#: What raised the accuracy on validation subjects; see docs/results.
#: The network finds the place, the scan's intensities the borders.
WARP = FitSettings(
    rounds=(
        FitRound(),
        FitRound(
            network_weight=0.1,
            intensity_weight=1.0,
            window=1.0,
            variance_floor=0.05,
            smoothness=0.03,
            iterations=30,
        ),
    ),
    from_warp=True,
)
REFINED = PredictionMethod(mirror=True, mirror_plane=BOX_MIDPLANE, fit_atlas=True, fit=WARP)
#: The same without a map that could be bent: straight and mirrored.
MIRRORED = PredictionMethod(mirror=True, mirror_plane=BOX_MIDPLANE)


def refined(atlas: AnyAtlas) -> PredictionMethod:
    """Return the method of `--refine`: with the bend where the labels have a map, else mirrored alone."""
    return REFINED if isinstance(atlas, Atlas) else MIRRORED


@dataclass(frozen=True)
class PredictionContext:
    """All that it takes, beside the network, to get from a box to its labels.

    Attributes
    ----------
    atlas : ndarray of uint8, shape (50, 50, 73), or None
        Label map of the atlas in the box; None for labels that a lab drew, of which there is no map to bend.
    mirrored : tuple of int
        For each class, the class of the structure on the other side.
    nuclei : tuple of int
        Classes that are nuclei: the temperature is for their confidence.
    usual : ndarray of float32, shape (3, 50, 50, 73), or None
        Displacement (voxels) at which the bend of the atlas begins (`brainstem_app.models.mean_warp`).
    """

    slice_input: SliceInput
    method: PredictionMethod
    atlas: NDArray[np.uint8] | None
    mirrored: tuple[int, ...]
    nuclei: tuple[int, ...] = ()
    usual: NDArray[np.float32] | None = None

    @classmethod
    def of(
        cls,
        atlas: AnyAtlas,
        slice_input: SliceInput,
        method: PredictionMethod,
        warp: Displacement | None = None,
    ) -> Self:
        """Context of a network that was trained on an atlas's labels, with the mean warp of its subjects.

        Raises
        ------
        ValueError
            If the method bends an atlas that is not there.
        """
        if method.fit_atlas and not isinstance(atlas, Atlas):
            raise ValueError("labels without a map cannot be bent")
        usual = None
        if warp is not None:
            from brainstem_app.models.mean_warp import displacement_in_box

            usual = displacement_in_box(warp)
        nuclei = tuple(structure.index for structure in atlas.table.nuclei)
        labels = crop_to_box(atlas.labels) if isinstance(atlas, Atlas) else None
        mirrored = atlas.table.mirrored_indices()
        return cls(slice_input, method, labels, mirrored, nuclei, usual)

    @staticmethod
    @cache
    def template() -> NDArray[np.float32]:
        """Template (50, 50, 73) in the box, its intensities standardised as those of scans."""
        from brainstem_app.preprocessing.intensity import centre_and_spread, scaled
        from brainstem_app.preprocessing.template import load_template

        template = load_template()
        levels = centre_and_spread(template.t1[template.brain])
        found = scaled(crop_to_box(template.t1), crop_to_box(template.brain), *levels)
        found.flags.writeable = False
        return found

    @property
    def bent_atlas(self) -> NDArray[np.uint8]:
        """Label map that is bent, (50, 50, 73); ValueError where there is none."""
        if self.atlas is None:
            raise ValueError("labels without a map cannot be bent")
        return self.atlas

    @property
    def classes(self) -> int:
        """Number of classes, the background included."""
        return len(self.mirrored)
