"""Where the ImageNet weights of each encoder are published: `imagenet.toml`, read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from kerasmodels.errors import ModelError

_TABLE = Path(__file__).with_name("imagenet.toml")


@dataclass(frozen=True)
class Published:
    """Weights that someone publishes.

    Parameters
    ----------
    file : str
        Name of the file in the folder of downloaded weights.
    publisher, licence : str
        Who made them, and under which terms.
    url : str
        Where to fetch them; empty if a package holds them.
    sha256 : str
        Hash of the file in hexadecimal digits; empty if only the server states it, with the download.
    package, inside, extra : str
        The package that holds the file, the file's place in it, and the extra of Brainstem App that
        brings the package.
    """

    file: str
    publisher: str
    licence: str
    url: str = ""
    sha256: str = ""
    package: str = ""
    inside: str = ""
    extra: str = ""


def imagenet_weights() -> dict[str, Published]:
    """ImageNet weights by the name of the encoder."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {encoder: Published(**entry) for encoder, entry in table.items()}


def imagenet_weights_of(encoder: str) -> Published:
    """ImageNet weights of one encoder.

    Raises
    ------
    ModelError
        If none are known.
    """
    known = imagenet_weights()
    if encoder not in known:
        raise ModelError(
            f"No ImageNet weights are known for the encoder {encoder!r}.",
            f"Give a file of weights, or take one of {', '.join(known)}.",
        )
    return known[encoder]
