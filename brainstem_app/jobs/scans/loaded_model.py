"""A model checked and ready to predict: its card, its atlas and its network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import AnyAtlas, Atlas, load_any_atlas
from brainstem_app.atlas.regions import Regions
from brainstem_app.errors import InputError
from brainstem_app.models.card import CARD_FILE_NAME, ModelCard
from brainstem_app.models.library import ModelFiles, WeightsKind, find_model
from brainstem_app.models.method import PredictionContext
from brainstem_app.models.prediction import Predictor, SharedPredictor
from brainstem_app.named_version import with_version
from brainstem_app.preprocessing.transforms import Displacement
from brainstem_app.reports.scan.model import ModelDescription


@dataclass(frozen=True)
class LoadedModel:
    """A network that can be opened, with what is known of it.

    Its atlas has the grades of reliability that were measured with this model, if any were.
    """

    files: ModelFiles
    weights: Path
    atlas: AnyAtlas
    engine: WeightsKind
    warp: Displacement | None = None
    network: Predictor | None = None

    @property
    def card(self) -> ModelCard:
        """Card of the model."""
        return self.files.card

    @property
    def mapped_atlas(self) -> Atlas:
        """Its atlas with the label map; ValueError where the labels have none."""
        if not isinstance(self.atlas, Atlas):
            raise ValueError(f"the labels {self.atlas.name} have no map")  # noqa: TRY004 - no type of theirs is wrong
        return self.atlas

    @property
    def regions(self) -> Regions | None:
        """Regions of its atlas, if that divides the brainstem."""
        return self.atlas.regions if isinstance(self.atlas, Atlas) else None

    @cached_property
    def context(self) -> PredictionContext:
        """What it takes, beside the network, to label a box."""
        return PredictionContext.of(self.atlas, self.card.slice_input, self.card.method, self.warp)

    def open_network(self) -> Predictor:
        """Load the network: half a second with ONNX Runtime, and 0.3 GB while the predictor is kept."""
        return _open(self.weights, self.engine) if self.network is None else self.network

    def shared(self) -> LoadedModel:
        """Return the same model with its network opened once, for several threads."""
        return replace(self, network=SharedPredictor(self.open_network()))


def load_model(name: str, engine: WeightsKind) -> LoadedModel:
    """Find a model and check it: its atlas is here, and its weights are whole.

    Raises
    ------
    InputError
        If the model, its weights for that engine, its mean warp or its atlas are missing or do not fit.
    """
    files = find_model(name)
    weights = files.weights(engine)
    atlas = load_any_atlas(files.atlas)
    card = files.card
    if (atlas.name, atlas.version, atlas.table.n_classes) != (card.atlas, card.atlas_version, card.classes):
        raise InputError(
            f"The model predicts {card.classes} classes of the atlas "
            f"{with_version(card.atlas, card.atlas_version)}, but here is "
            f"{with_version(atlas.name, atlas.version)} with {atlas.table.n_classes}.",
            files.folder,
            "Use a model that was trained with this version of the atlas.",
        )
    if card.method.fit_atlas and not isinstance(atlas, Atlas):
        raise InputError(
            f"The model's card asks to bend the labels {atlas.name}, of which there is no map on the "
            "template.",
            files.folder / CARD_FILE_NAME,
            "Export the model again from its run.",
        )
    _check_detectability(atlas.table, files)
    if weights.name not in files.card.sha256:
        # Nothing vouches for the file: better to fail now than after the registration.
        _open(weights, engine)
    mean_warp = files.mean_warp
    warp = None if mean_warp is None else Displacement.load(mean_warp)
    return LoadedModel(files, weights, replace(atlas, table=_graded(atlas.table, card)), engine, warp)


def _check_detectability(table: LabelTable, files: ModelFiles) -> None:
    """Refuse grades of some nuclei only: a report cannot mix them with those of the atlas."""
    known, nuclei = set(files.card.detectability), {structure.name for structure in table.nuclei}
    if known and known != nuclei:
        names = ", ".join(sorted(known ^ nuclei))
        raise InputError(
            f"The model's card does not say of each nucleus of its atlas, and of nothing else, what can be "
            f"detected: {names}.",
            files.folder / CARD_FILE_NAME,
            "Measure all nuclei, or leave detectability empty.",
        )


def _graded(table: LabelTable, card: ModelCard) -> LabelTable:
    """Label table with the grades that were measured with a model."""
    known = card.detectability
    return LabelTable(
        structures=tuple(
            s.model_copy(update={"reliability": known[s.name].grade(s.reliability)}) if s.name in known else s
            for s in table.structures
        )
    )


def _open(weights: Path, engine: WeightsKind) -> Predictor:
    if engine == "keras":
        from brainstem_app.jobs.networks.keras_predictor import KerasPredictor

        return KerasPredictor(weights)
    from brainstem_app.models.onnx_predictor import OnnxPredictor

    return OnnxPredictor(weights)


def network_words(card: ModelCard) -> str:
    """Say which network a model is, or which networks it averages."""
    one = f"{card.decoder} with {card.encoder} as encoder"
    return one if card.members == 1 else f"mean of the probabilities of {card.members} networks: {one}"


def describe_model(card: ModelCard, weights: Path) -> ModelDescription:
    """Say of a model what the report says of it."""
    return ModelDescription(
        name=card.name,
        sha256=card.sha256.get(weights.name, ""),
        version=card.version,
        network=network_words(card),
        reference=card.reference,
        members=card.members,
        trained_on=card.training_data,
        trained_date=card.date,
        test_macro_miou=card.results.macro_miou,
        test_nuclei_miou=card.results.macro_miou_nuclei,
        iou_per_structure=card.results.iou_per_structure,
        limits=card.limits,
        licence=card.licence,
        low_confidence=card.method.low_confidence,
        detectability=card.detectability,
        usual_confidence=card.usual_confidence.nuclei if card.usual_confidence else {},
    )
