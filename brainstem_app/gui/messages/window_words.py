"""Words of the window for those of the command line: labels of options, pages of commands.

Jobs say what is wrong and what to do once, for both; most of it is the same in both.
"""

from __future__ import annotations

import re
from functools import cache
from typing import get_args

from PySide6.QtCore import QCoreApplication

from brainstem_app.gui.workflow.step import StepName, step_text

_COMMAND = re.compile(r"`?brainstem-app ([a-z]+)(?: [a-z-]+)*(?: (?:--)?[A-Z…]+| --[a-z-]+)*`?")
_OPTION = re.compile(r"--([a-z][a-z-]+)(?: (?:[A-Z]{2,}|\d+)\b)?")
_STEP_OF = {
    "segment": StepName.SEGMENT,
    "prepare": StepName.PREPARE,
    "train": StepName.TRAIN,
    "compare": StepName.COMPARE,
    "evaluate": StepName.REPORT,
    "cohort": StepName.REPORT,
    "retest": StepName.REPORT,
    "quality": StepName.QUALITY,
    "models": StepName.TRAIN,
}


def window_words(text: str) -> str:
    """Text as the window says it.

    An option becomes the label of its setting, a command the page that does it; what the window has no word
    for is said to be on the command line.
    """
    if "--" not in text and "brainstem-app " not in text:
        return text
    return _OPTION.sub(_option_words, _COMMAND.sub(_command_words, text))


def _command_words(found: re.Match[str]) -> str:
    step = _STEP_OF.get(found[1])
    if step is None:
        return QCoreApplication.translate("window_words", "the command line ({0})").format(found[1])
    return QCoreApplication.translate("window_words", "the page {0}").format(step_text(step).title)


def _option_words(found: re.Match[str]) -> str:
    label = _labels().get(found[1])
    return f"“{label}”" if label else f"“{found[1].replace('-', ' ')}”"


@cache
def _labels() -> dict[str, str]:
    """Label of the setting behind each option, translated; where jobs differ, that of the first."""
    from brainstem_app.jobs.job import Job
    from brainstem_app.setting import settings_of

    labels: dict[str, str] = {}
    for model in get_args(get_args(Job)[0]):
        for setting in settings_of(model):
            label = QCoreApplication.translate("Settings", setting.label).replace("&", "")
            labels.setdefault(setting.option.removeprefix("--"), label)
    return labels
