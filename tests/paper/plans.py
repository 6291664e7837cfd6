"""Grids of the paper's repetition, in the order in which they are worth most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue

from brainstem_app.jobs.many.grids import TABLE_LOSSES
from brainstem_app.study.grid import Grid
from brainstem_app.study.record import Record

RATES = (1e-4, 3e-4, 1e-3, 3e-3)
#: Decoders that share a learning rate; the first of each is tried at every rate, on validation subjects.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "deconet": ("n_deconet", "u_deconet"),
    "unet": ("unet", "unetplusplus", "manet"),
    "pyramid": ("fpn", "pspnet", "deeplabv3", "deeplabv3plus"),
}
REPEATS = 3
ALPHAS = (0.1, 0.3, 0.5, 0.7, 0.9)
ENCODERS = ("resnet34", "resnet50", "seresnet50", "efficientnetb0", "efficientnetlite0", "mit_b0", "mit_b2")
#: An encoder whose published weights come with a package.
PRETRAINED = "efficientnetlite0"
#: The decoders that figures and experiments are about.
CHIEF = ("n_deconet", "fpn", "deeplabv3")
SIZES = (64, 128, 224)
_DICECE = {"loss": "dicece"}
_OTHERS = tuple(name for name in TABLE_LOSSES if name != "dicece")
#: The paper's own setting is what `train` does if nothing is said.
_PAPERS: Mapping[str, Any] = {**_DICECE, "input.size": 224, "batch_size": 16, "epochs": 10}


class Chosen(Record):
    """``chosen.json``: the setting that all cells share, and what was chosen on validation subjects.

    Attributes
    ----------
    size, batch_size, epochs : int
        Pixels of a slice, slices a step, and epochs of every cell of Table 1.
    pilot_epochs : int
        Epochs of the runs that the learning rates are chosen by.
    rates : dict of str to float
        Learning rate of each family; empty before they are chosen.
    """

    size: int = 64
    batch_size: int = 16
    epochs: int = 10
    pilot_epochs: int = 5
    rates: dict[str, float] = Field(default_factory=dict)

    @property
    def settings(self) -> dict[str, JsonValue]:
        """What all cells but the paper's own share; learning rates differ by family."""
        return {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "input.size": self.size,
            "schedule": "cosine",
        }

    @classmethod
    def of(cls, folder: Path) -> Chosen:
        """Read what has been chosen, or begin."""
        path = folder / "chosen.json"
        return cls.load(path) if path.exists() else cls()


def family_of(decoder: str) -> str:
    """Family of a decoder."""
    return next(family for family, decoders in FAMILIES.items() if decoder in decoders)


def part_of(grid: str) -> str:
    """What a grid is a part of, by its name, which ends in its family: ``alpha-pyramid`` of ``alpha``."""
    return grid.removesuffix(next((f"-{name}" for name in FAMILIES if grid.endswith(f"-{name}")), ""))


def pilot_grids(chosen: Chosen) -> list[Grid]:
    """One grid a family: its first decoder with DiceCE at every rate, fewer epochs."""
    settings = {**chosen.settings, "epochs": chosen.pilot_epochs, **_DICECE}
    return [
        _grid(
            f"pilot-{family}",
            f"Learning rates of {decoders[0]}",
            settings,
            {"decoder": decoders[:1], "learning_rate": RATES},
        )
        for family, decoders in FAMILIES.items()
    ]


def papers_grids(precision: str = "float32") -> list[Grid]:
    """The paper's own setting, which no choice precedes: first three decoders, then all."""
    every = tuple(name for decoders in FAMILIES.values() for name in decoders)
    return [
        _grid(name, "The paper's own setting", {**_PAPERS, "precision": precision}, {"decoder": decoders})
        for name, decoders in (("paper", CHIEF), ("paper-all", every))
    ]


def grids_of(chosen: Chosen, precision: str = "float32") -> list[Grid]:
    """All grids but the pilots', the one worth most first.

    Table 1 once; the paper's own setting for three decoders; why DeepLabV3 is not what it is in the paper;
    alpha; repeats of DiceCE's column; encoders; repeats of N-DecoNet's row; the paper's setting for the
    others; longer runs with augmentation; all other repeats, which are most of the work and change least;
    what 16-bit numbers change.
    """
    papers = papers_grids(precision)
    return [
        *_table(chosen, 1),
        papers[0],
        *_why(chosen),
        *_by_family("alpha", "Share of cross-entropy", chosen, CHIEF, {**_DICECE}, {"alpha": ALPHAS}),
        *_column(chosen, REPEATS),
        *_encoders(chosen),
        _row(chosen, REPEATS),
        papers[1],
        *_recipes(chosen),
        *_table(chosen, REPEATS)[len(FAMILIES) + 1 :],
        *_by_family("precision", "In 16 bits", chosen, CHIEF, {**_DICECE, "precision": "mixed"}, {}),
    ]


def _table(chosen: Chosen, repeats: int) -> list[Grid]:
    """Table 1: DiceCE's column, N-DecoNet's row, the rest."""
    everyone = [name for decoders in FAMILIES.values() for name in decoders if name != "n_deconet"]
    rest = _by_family(_named("rest", repeats), "Table 1", chosen, everyone, {}, {"loss": _OTHERS}, repeats)
    return [*_column(chosen, repeats), _row(chosen, repeats), *rest]


def _column(chosen: Chosen, repeats: int) -> list[Grid]:
    everyone = [name for decoders in FAMILIES.values() for name in decoders]
    title = "Table 1, DiceCE"
    return _by_family(_named("dicece", repeats), title, chosen, everyone, _DICECE, {}, repeats)


def _row(chosen: Chosen, repeats: int) -> Grid:
    name, vary = _named("n_deconet", repeats), {"loss": _OTHERS}
    return _by_family(name, "Table 1, N-DecoNet", chosen, ("n_deconet",), {}, vary, repeats)[0]


def table_grids(chosen: Chosen) -> list[Grid]:
    """Table 1 as one grid a family, all decoders and losses, for its report."""
    everyone = [name for decoders in FAMILIES.values() for name in decoders]
    return _by_family("table", "Table 1", chosen, everyone, {}, {"loss": TABLE_LOSSES}, REPEATS)


def _why(chosen: Chosen) -> list[Grid]:
    """Size of the images, epochs, and slices that are normalised together, beside decoders that do well."""
    long = {**_DICECE, "epochs": 3 * chosen.epochs}
    few = {**_DICECE, "batch_size": 8}
    return [
        *_by_family("size", "Size of the images", chosen, CHIEF, _DICECE, {"input.size": SIZES}),
        *_by_family("epochs", "Three times the epochs", chosen, CHIEF, long, {}),
        *_by_family("batch", "Small batches", chosen, ("fpn", "deeplabv3"), few, {}),
    ]


def _encoders(chosen: Chosen) -> list[Grid]:
    return _by_family(
        "encoders", "Encoders", chosen, ("n_deconet",), _DICECE, {"encoder": ENCODERS}
    ) + _by_family(
        "pretrained",
        "From published weights",
        chosen,
        ("n_deconet",),
        {**_DICECE, "encoder": PRETRAINED, "encoder_weights": "imagenet"},
        {},
    )


def _recipes(chosen: Chosen) -> list[Grid]:
    everyone = [name for decoders in FAMILIES.values() for name in decoders]
    own = {**_DICECE, "epochs": 3 * chosen.epochs, "augment": "mild"}
    return _by_family("recipe", "Longer, and augmented", chosen, everyone, own, {})


def _by_family(
    name: str,
    title: str,
    chosen: Chosen,
    decoders: Sequence[str],
    own: Mapping[str, Any],
    vary: Mapping[str, Sequence[Any]],
    repeats: int = 1,
) -> list[Grid]:
    """One grid for each family among the decoders, at its learning rate."""
    found = []
    for family, members in FAMILIES.items():
        mine = [decoder for decoder in members if decoder in decoders]
        if mine:
            settings = {**chosen.settings, "learning_rate": chosen.rates[family], **own}
            left = {key: value for key, value in settings.items() if key not in vary}
            found.append(_grid(f"{name}-{family}", title, left, {"decoder": mine, **vary}, repeats))
    return found


def _named(name: str, repeats: int) -> str:
    return name if repeats == 1 else f"{name}-x{repeats}"


def _grid(
    name: str,
    title: str,
    settings: Mapping[str, Any],
    vary: Mapping[str, Sequence[Any]],
    repeats: int = 1,
) -> Grid:
    content = {
        "name": name,
        "title": title,
        "repeats": repeats,
        "settings": dict(settings),
        "vary": {key: list(values) for key, values in vary.items()},
    }
    return Grid.model_validate(content)
