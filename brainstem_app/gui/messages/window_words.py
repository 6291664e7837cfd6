"""Words of the window for those of the command line: labels of options, pages of commands.

Jobs say what is wrong and what to do once, for both; most of it is the same in both.
"""

from __future__ import annotations

import re
from functools import cache

from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.workflow.step import StepName, step_text

_HINT = re.compile(r" \(in the window: [^)]*\)")
_COMMAND = re.compile(r"`?brainstem-app ([a-z-]+)(?: [a-z-]+)*(?: (?:--)?[A-Z…]+| --[a-z-]+)*`?")
_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]+)(?:(=)| (?:[A-Z]{2,}|\d+)\b)?")
#: Where the window does what a command does: a page, or a menu.
_PLACE_OF: dict[str, StepName | str] = {
    "demo": StepName.SEGMENT,
    "simulate": StepName.SEGMENT,
    "segment": StepName.SEGMENT,
    "doctor": StepName.SCANS,
    "make-dataset": StepName.SCANS,
    "prepare": StepName.PREPARE,
    "add-reference": StepName.REVIEW,
    "remove-reference": StepName.PREPARE,
    "correct": "Review ▸ Write the report anew",
    "restore": "Review ▸ The original labels count again",
    "train": StepName.TRAIN,
    "activations": StepName.TRAIN,
    "compare": StepName.COMPARE,
    "evaluate": StepName.REPORT,
    "cohort": StepName.REPORT,
    "retest": StepName.REPORT,
    "change": StepName.REPORT,
    "reference": StepName.REPORT,
    "quality": StepName.QUALITY,
    "study": StepName.QUALITY,
    "models": "Library ▸ Models",
    "atlas": "Library ▸ Atlases",
    "copy": "File ▸ Save the study as",
    "diagnose": "Help ▸ This computer",
}
#: Commands of a group that another page or menu does than the rest.
_APART: dict[str, StepName | str] = {
    "models export": StepName.TRAIN,
    "models ensemble": StepName.TRAIN,
    "study import-results": "File ▸ Bring results into the study",
    "study correct": "Review ▸ Write the report anew",
    "study restore": "Review ▸ The original labels count again",
}


def window_words(text: str, kind: str = "") -> str:
    """Text as the window says it.

    An option becomes the label of its setting, a command the page or the menu that does it, another one the
    manual. Hints at the window in brackets are left out.

    Parameters
    ----------
    text : str
        An error or note.
    kind : str
        Kind of the job that says it, e.g. ``"cohort"``, if known: its labels come before those of others.
    """
    text = _HINT.sub("", text)
    if "--" not in text and "brainstem-app " not in text:
        return text
    labels = _labels(kind)

    def label(found: re.Match[str]) -> str:
        shown = labels.get(found[1], found[1].replace("-", " "))
        return f"“{shown}”{': ' if found[2] else ''}"

    return _OPTION.sub(label, _COMMAND.sub(_command_words, text))


def error_words(error: BaseException, what: str, kind: str = "") -> str:
    """Say in one line what is wrong and what to do; ``what`` is used if the error is not one of ours."""
    told = message_of_error(error, what)
    return window_words(" ".join(part for part in (told.what, told.fix) if part), kind)


def _command_words(found: re.Match[str]) -> str:
    whole = next((place for words, place in _APART.items() if words in found[0]), None)
    place = whole or _PLACE_OF.get(found[1], "Help ▸ Manual")
    return f"the page {step_text(place).title}" if isinstance(place, StepName) else place


@cache
def _labels(kind: str) -> dict[str, str]:
    """Label of the setting behind each option: the kind's own, else the first job's."""
    from brainstem_app.jobs.registry import KINDS
    from brainstem_app.setting import settings_of

    own = [KINDS[kind].model] if kind in KINDS else []
    labels: dict[str, str] = {}
    for model in [*own, *(registered.model for registered in KINDS.values())]:
        for setting in settings_of(model, as_options=True):
            label = setting.label.replace("&", "")
            for option in setting.option.split("/"):
                labels.setdefault(option.removeprefix("--"), label)
    return labels
