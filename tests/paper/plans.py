"""Grids of the paper's repetition, in the order in which they are worth most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brainstem_app.jobs.many.grids import TABLE_LOSSES
from brainstem_app.study.grid import Grid

#: What all cells share: small enough for a processor, and the same for all. Rates differ by family.
SETTINGS: Mapping[str, Any] = {"epochs": 10, "batch_size": 16, "input.size": 64, "schedule": "cosine"}
RATES = (3e-4, 1e-3, 3e-3)
#: Decoders that share a learning rate; the first of each is tried at every rate, on validation subjects.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "deconet": ("n_deconet", "u_deconet"),
    "unet": ("unet", "unetplusplus", "manet"),
    "pyramid": ("fpn", "pspnet", "deeplabv3", "deeplabv3plus"),
}
REPEATS = 3


def pilot_grids() -> list[Grid]:
    """One grid a family: its first decoder with DiceCE at every rate, half as many epochs."""
    return [
        Grid.model_validate(
            {
                "name": f"pilot-{family}",
                "title": f"Learning rates of {decoders[0]}",
                "repeats": 1,
                "settings": {**SETTINGS, "epochs": 5, "loss": "dicece"},
                "vary": {"decoder": [decoders[0]], "learning_rate": list(RATES)},
            }
        )
        for family, decoders in FAMILIES.items()
    ]


def table_grids(rates: Mapping[str, float]) -> list[Grid]:
    """Table 1: every cell once, DiceCE's column first, then N-DecoNet's row; then repeats in that order.

    Parameters
    ----------
    rates : mapping of str to float
        Learning rate of each family.
    """
    others = tuple(name for name in TABLE_LOSSES if name != "dicece")
    found = []
    for repeats in (1, REPEATS):
        for family, decoders in FAMILIES.items():
            found.append(_grid("dicece", family, decoders, ("dicece",), rates, repeats))
        found.append(_grid("n_deconet", "deconet", ("n_deconet",), others, rates, repeats))
        for family, decoders in FAMILIES.items():
            rest = tuple(name for name in decoders if name != "n_deconet")
            found.append(_grid("rest", family, rest, others, rates, repeats))
    return found


def _grid(
    part: str,
    family: str,
    decoders: tuple[str, ...],
    losses: tuple[str, ...],
    rates: Mapping[str, float],
    repeats: int,
) -> Grid:
    return Grid.model_validate(
        {
            "name": f"{part}-{family}-x{repeats}",
            "title": f"Table 1: {part}, {family}",
            "repeats": repeats,
            "settings": {**SETTINGS, "learning_rate": rates[family]},
            "vary": {"decoder": list(decoders), "loss": list(losses)},
        }
    )
