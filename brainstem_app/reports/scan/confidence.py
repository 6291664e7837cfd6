"""Confidence of the nuclei in the report of a scan: what is warned of, and what is only as it usually is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from brainstem_app.counting import counted
from brainstem_app.evaluation.usual_confidence import UsualConfidence, often_low
from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.scan.model import StructureEntry

#: Code of the warning of nuclei whose confidence is low.
LOW_CONFIDENCE_CODE = "low-confidence"
#: Of more nuclei the names are enough: their numbers stand in the table.
_MOST_NUMBERS = 5


def confidence_marks(
    confidence: float | None, limit: float, usual: UsualConfidence | None
) -> dict[str, float | bool | None]:
    """Fields of a nucleus that say whether its confidence is low, and unusually so; see `StructureEntry`."""
    low = None if confidence is None else confidence < limit
    if usual is None:
        return {"low_confidence": low}
    unusual = None if confidence is None else confidence < min(limit, usual.lowest)
    return {"low_confidence": low, "usual_confidence": usual.median, "unusual_confidence": unusual}


def is_unsure(entry: StructureEntry) -> bool:
    """Whether a nucleus is warned of: its confidence is low, and unusually so if the usual one is known."""
    return bool(entry.low_confidence if entry.usual_confidence is None else entry.unusual_confidence)


def unsure_findings(structures: Iterable[StructureEntry], limit: float | None = None) -> list[Finding]:
    """Warning of the nuclei that `is_unsure` names, if any; without the limit where it is not known."""
    unsure = [s for s in structures if is_unsure(s)]
    if not unsure:
        return []
    below = "the model's limit" if limit is None else f"{round(limit, 2)}"
    is_known = any(s.usual_confidence is not None for s in unsure)
    which = "an unusually low confidence" if is_known else f"a mean confidence below {below}"
    named = _beside_usual if len(unsure) <= _MOST_NUMBERS else _name
    names = ", ".join(named(s) for s in unsure)
    problem = f"{counted(len(unsure), 'nucleus')} with {which}: {names}."
    fix = f"Check {'its outline' if len(unsure) == 1 else 'their outlines'} before use."
    return [Finding(Level.WARNING, LOW_CONFIDENCE_CODE, problem, fix)]


def _name(entry: StructureEntry) -> str:
    return entry.name


def _beside_usual(entry: StructureEntry) -> str:
    if entry.usual_confidence is None:
        return entry.name
    ratio = formatting.ratio
    return f"{entry.name} ({ratio(entry.confidence)}, usually {ratio(entry.usual_confidence)})"


def confidence_mark(entry: StructureEntry) -> str:
    """Asterisk after a low confidence, two after one that is unusually low."""
    return (" *" + "*" * bool(entry.unusual_confidence)) * bool(entry.low_confidence)


def marks_note(structures: Sequence[StructureEntry]) -> str:
    """Say what the asterisks of `confidence_mark` mean; empty if there are none."""
    if not any(s.low_confidence for s in structures):
        return ""
    if all(s.usual_confidence is None for s in structures):
        return "An asterisk marks a confidence below the model's limit: check the outline."
    note = "An asterisk marks a confidence below the model's limit"
    if not any(s.unusual_confidence for s in structures):
        return f"{note}; it is within the usual range of the nucleus."
    return f"{note}, two asterisks one that is also unusually low for the nucleus: check its outline."


def often_low_sentence(usual: Mapping[str, UsualConfidence], limit: float) -> str:
    """Sentence that names the nuclei of which a model is often unsure in anybody; empty if there is none."""
    names = often_low(usual, limit)
    if not names:
        return ""
    return (
        f"The model is often unsure of {', '.join(names)}, in good scans too; only what is unusual for a "
        "nucleus is warned of."
    )
