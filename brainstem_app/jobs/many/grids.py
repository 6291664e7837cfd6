"""The grids of the paper: its Table 1, its figure 4 (alpha), its figure 5 (encoders)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.jobs.job import TrainJob
from brainstem_app.study.grid import Grid, read_grid
from kerasmodels.names import decoder_names, encoder_names, loss_names

#: Decoders in the order of the paper's Table 1, and those of its figures 4 and 5.
TABLE_DECODERS = (
    "unet",
    "unetplusplus",
    "manet",
    "pspnet",
    "fpn",
    "deeplabv3",
    "deeplabv3plus",
    "n_deconet",
    "u_deconet",
)
FIGURE_DECODERS = ("fpn", "deeplabv3", "n_deconet", "u_deconet")
TABLE_LOSSES = ("dice", "jaccard", "focal", "softce", "dicefocal", "dicece")
#: The paper's axis of alpha is open at both ends.
ALPHAS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
#: The families of figure 5, each in several sizes; EfficientNet-Lite0's weights need no download.
FIGURE_ENCODERS = (
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "seresnet50",
    "seresnet101",
    "efficientnetb0",
    "efficientnetb2",
    "efficientnetlite0",
    "mit_b0",
    "mit_b2",
)
#: Encoders that the paper could run DeepLabV3 with: three; SE-ResNet-101 gave its best result.
DEEPLABV3_ENCODERS = ("resnet34", "resnet50", "seresnet101")
WEIGHTS_FIELD = "encoder_weights"


def find_grid(name: str) -> Grid:
    """Grid of the paper by its name, or of a file.

    Raises
    ------
    InputError
        If there is neither such a grid nor such a file, or the file does not describe a grid.
    """
    if name in GRIDS:
        return GRIDS[name]()
    path = Path(name)
    if not path.suffix and not path.exists():
        raise InputError(
            f"There is no grid “{name}”.", None, f"Give one of {', '.join(GRIDS)}, or a TOML or JSON file."
        )
    return read_grid(path)


def _table1() -> Grid:
    return Grid(
        name="table1",
        title="Table 1: decoders and losses",
        settings={"encoder": "resnet34", "alpha": 0.1},
        vary={
            "decoder": _there(TABLE_DECODERS, decoder_names()),
            "loss": _there(TABLE_LOSSES, loss_names()),
        },
    )


def _alpha() -> Grid:
    return Grid(
        name="alpha",
        title="Figure 4: the share of cross-entropy in the loss",
        settings={"encoder": "resnet34", "loss": "dicece"},
        vary={"decoder": _there(FIGURE_DECODERS, decoder_names()), "alpha": ALPHAS},
    )


def _encoders() -> Grid:
    encoders = _there(FIGURE_ENCODERS, encoder_names())
    others = [name for name in encoders if name not in DEEPLABV3_ENCODERS]
    vary: dict[str, tuple[str | None, ...]] = {
        "decoder": _there(FIGURE_DECODERS, decoder_names()),
        "encoder": encoders,
    }
    if WEIGHTS_FIELD in TrainJob.model_fields:
        vary[WEIGHTS_FIELD] = (None, "imagenet")
    return Grid(
        name="encoders",
        title="Figure 5: encoders, from random and from pretrained weights",
        settings={"loss": "dicece", "alpha": 0.1},
        vary=vary,
        leave_out=({"decoder": "deeplabv3", "encoder": list(others)},) if others else (),
    )


def _there(wanted: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in wanted if name in names)


GRIDS: dict[str, Callable[[], Grid]] = {"table1": _table1, "alpha": _alpha, "encoders": _encoders}
