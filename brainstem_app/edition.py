"""Which edition of the program this is: the full one, or the one that predicts and does not train."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.util import find_spec

#: What training needs beyond predicting. The predict edition is the program without them.
TRAINING_PACKAGES = ("keras", "tensorflow", "onnx")

WHAT_FULL_ADDS = "The full edition, with TensorFlow, also trains, compares and exports networks."
HOW_TO_GET_FULL = "Install the full edition; from source: pip install 'brainstem-app[train]'."


class Edition(StrEnum):
    """The editions of the program."""

    FULL = "full"
    PREDICT = "predict"


@cache
def edition() -> Edition:
    """Edition that runs here: full where Keras is installed. Loads nothing."""
    return Edition.PREDICT if find_spec("keras") is None else Edition.FULL


def edition_text() -> str:
    """One or two sentences: which edition this is, and what the other adds."""
    if edition() is Edition.FULL:
        return "full: segments, reports, reviews, and trains networks"
    return f"predict: segments, reports and reviews. {WHAT_FULL_ADDS}"
