"""Errors of the networks: what is wrong, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ModelError(ValueError):
    """A network, loss or training run that cannot be as asked for.

    Parameters
    ----------
    what : str
        What is wrong, one sentence.
    fix : str
        What to do, one sentence.
    """

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}\nTo do: {self.fix}" if self.fix else self.what


class UnknownNameError(ModelError):
    """A decoder, encoder or loss that is not there; the message names the nearest ones.

    Parameters
    ----------
    kind : str
        What was asked for: "decoder", "encoder" or "loss".
    name : str
        The name that is not known.
    known : iterable of str
        The names that are.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        near = difflib.get_close_matches(str(name).lower(), names, n=3, cutoff=0.5)
        offer = f"Nearest: {', '.join(near)}." if near else f"There are: {', '.join(names)}."
        super().__init__(f"There is no {kind} named {name!r}.", offer)
        self.nearest = tuple(near)


class DivergedError(ModelError):
    """Training left the numbers: the loss is not finite any more."""
