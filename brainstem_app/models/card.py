"""The model card: what a network was trained on, how well it does, and what it must not be used for."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from brainstem_app.atlas.reliability import Detectability
from brainstem_app.errors import InputError
from brainstem_app.evaluation.usual_confidence import UsualConfidences
from brainstem_app.imaging.atomic import write_text
from brainstem_app.imaging.spaces import Space
from brainstem_app.models.method import PredictionMethod
from brainstem_app.plain_name import PartName
from brainstem_app.small_files import read_small
from brainstem_app.validation import input_error
from kerasmodels.data.slice_input import SliceInput

CARD_FILE_NAME = "model.json"
INTENSITY = "skull-stripped, N4 bias corrected, normalised as by brainstem_app.preprocessing.normalise"


class ModelResults(BaseModel):
    """Results on subjects the network has not seen; None and empty where it was not tested.

    Attributes
    ----------
    subjects : int
        Number of test subjects.
    macro_miou, macro_miou_nuclei : float or None
        VOC mean IoU over all classes, and over the nuclei, counts summed over all test voxels.
    baseline_macro_miou, baseline_macro_miou_nuclei : float or None
        The same for the atlas placed by the same normalisation: what the network has to beat.
    iou_per_structure : dict of str to float
        By short name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    subjects: int = 0
    macro_miou: float | None = None
    macro_miou_nuclei: float | None = None
    # Files keep the name that the first cards have: programs of then read the cards of now.
    baseline_macro_miou: float | None = Field(None, alias="yardstick_macro_miou")
    baseline_macro_miou_nuclei: float | None = Field(None, alias="yardstick_macro_miou_nuclei")
    iou_per_structure: dict[str, float] = Field(default_factory=dict)


class ModelCard(BaseModel):
    """``model.json``, beside the weights.

    Attributes
    ----------
    atlas, atlas_version : str
        Whose labels the network predicts.
    members : int
        How many networks the weights hold, whose probabilities are averaged; decoder and encoder are those of
        all of them, parted by commas where they differ.
    reference : {"registered", "drawn", "segmented", "mixed"}
        Where the labels come from that were learned: from registering the atlas, from people who drew them,
        from a model whose labels nobody changed, or from more than one of these.
    classes : int
        Number of classes, the background included.
    space : {"affine", "nonlinear"}
        How far scans are normalised before.
    slice_input : SliceInput
        What the network sees of a slice: size, neighbouring slices, positions.
    method : PredictionMethod
        What is made of the network's probabilities.
    intensity : str
        How intensities are scaled before, in words.
    detectability : dict of str to Detectability
        What changes of a nucleus the model can detect, by short name; empty where that was not measured. It
        takes the place of the atlas's grades of reliability.
    usual_confidence : UsualConfidences or None
        How sure the model usually is of each nucleus; None where that was not measured: then every confidence
        below the limit of `method` is warned of.
    sha256 : dict of str to str
        Hash of each weights file by its name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_name: Literal["brainstem-model/1"] = Field("brainstem-model/1", alias="schema")
    name: str
    version: str = "1"
    date: str = Field(default_factory=lambda: date.today().isoformat())
    atlas: PartName
    atlas_version: str
    decoder: str
    encoder: str
    members: Annotated[int, Field(ge=1)] = 1
    reference: Literal["registered", "drawn", "segmented", "mixed"] = "registered"
    classes: int
    space: Space = Space.AFFINE
    slice_input: SliceInput = SliceInput()
    method: PredictionMethod = PredictionMethod()
    intensity: str = INTENSITY
    training_data: str = ""
    licence: str = ""
    results: ModelResults = ModelResults()
    limits: str = ""
    detectability: dict[str, Detectability] = Field(default_factory=dict)
    usual_confidence: UsualConfidences | None = None
    sha256: dict[str, str] = Field(default_factory=dict)

    def labels_as(self, other: ModelCard) -> bool:
        """Whether another model gives the same labels: only what is known of the model may differ.

        The .keras file of the same network differs each time that it is written, so only the .onnx counts.
        """
        return self._gives() == other._gives()

    def _gives(self) -> tuple[object, ...]:
        method = self.method.model_copy(update={"temperature": 1.0, "low_confidence": 0.0})
        files = {name: digest for name, digest in self.sha256.items() if not name.endswith(".keras")}
        return self.atlas, self.atlas_version, self.space, self.slice_input, self.intensity, method, files

    def save(self, folder: Path) -> None:
        """Write ``model.json`` into a folder."""
        write_text(folder / CARD_FILE_NAME, self.model_dump_json(indent=1, by_alias=True) + "\n")


def read_card(folder: Path) -> ModelCard:
    """Read the model card of a folder.

    Raises
    ------
    InputError
        If it is missing, damaged or of another version.
    """
    path = folder / CARD_FILE_NAME
    try:
        return ModelCard.model_validate_json(read_small(path))
    except OSError as error:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            what = f"The model card cannot be read: {error.strerror}."
            raise InputError(what, path, "Export the model again, or check who may read it.") from error
        raise InputError(
            "The model has no model card: a network alone does not say which atlas and preparation it needs.",
            path,
            "Keep model.json beside the weights, as `brainstem-app models export` writes them.",
        ) from error
    except ValidationError as error:
        problem = input_error(error, ModelCard)
        raise InputError(
            f"The model card is damaged or of another version: {problem.what}",
            path,
            "Export the model again with this version of Brainstem App.",
        ) from error
