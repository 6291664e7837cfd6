"""Words of jobs as the window says them: settings by their labels, not by the options of the command line."""

from __future__ import annotations

import re
from functools import cache

from PySide6.QtCore import QCoreApplication

_HINT = re.compile(r" \(in the window: [^)]*\)")
_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)(=?)")


def in_window_words(text: str, kind: str) -> str:
    """Return what a job says with its settings named as in the window.

    Parameters
    ----------
    text : str
        An error or note; hints at the window in brackets are left out.
    kind : str
        Kind of the job, e.g. ``"cohort"``.
    """
    if "--" not in text:
        return _HINT.sub("", text)
    labels = _labels(kind)

    def label(found: re.Match[str]) -> str:
        name = labels.get(found[1])
        if name is None:
            return found[0]
        shown = QCoreApplication.translate("Settings", name)
        return f"“{shown}”{': ' if found[2] else ''}"

    return _OPTION.sub(label, _HINT.sub("", text))


@cache
def _labels(kind: str) -> dict[str, str]:
    """Label of each option of a kind of job, without its dashes."""
    from brainstem_app.jobs.registry import KINDS
    from brainstem_app.setting import settings_of

    if kind not in KINDS:
        return {}
    return {
        option.removeprefix("--"): one.label
        for one in settings_of(KINDS[kind].model, as_options=True)
        for option in one.option.split("/")
        if option
    }
