"""Names of the networks and losses for those that may not import `kerasmodels` themselves; loads no Keras."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from kerasmodels.adapters import segmentation_models
from kerasmodels.errors import UnknownNameError
from kerasmodels.names import DECODERS, ENCODERS, LOSSES, decoder_names, encoder_names, loss_names
from kerasmodels.titles import loss_title, network_title

__all__ = [
    "Library",
    "decoder_names",
    "encoder_names",
    "loss_names",
    "loss_title",
    "network_title",
    "require_known",
]

Library = Literal["kerasmodels", "segmentation_models"]
_NAMES: Mapping[Library, Mapping[str, Collection[str]]] = {
    "kerasmodels": {"decoder": DECODERS, "encoder": ENCODERS, "loss": LOSSES},
    "segmentation_models": {
        "decoder": segmentation_models.DECODERS,
        "encoder": segmentation_models.ENCODERS,
        "loss": LOSSES,
    },
}


def require_known(kind: str, name: str, library: Library) -> None:
    """Refuse a decoder, encoder or loss that a library does not have.

    Raises
    ------
    UnknownNameError
        If there is none of that name; the message offers the nearest ones.
    """
    names = _NAMES[library][kind]
    if name not in names:
        of_library = "" if library == "kerasmodels" else f" in {library}"
        raise UnknownNameError(f"{kind}{of_library}", name, names)
