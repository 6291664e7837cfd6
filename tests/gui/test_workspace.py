"""Where the work was left, written by several windows."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.gui.study.workspace import Workspace, read_workspace, with_changes


def test_two_windows_on_one_study_keep_what_each_has_opened_and_typed(tmp_path: Path) -> None:
    file = tmp_path / "window.json"
    before = Workspace(sources=("a", "b"), choices={"run": "one"}, forms={"train": {"epochs": 3}})
    before.save(file)
    first = before.model_copy(update={"sources": ("a", "b", "c"), "choices": {"run": "two"}})
    with_changes(file, before, first).save(file)
    second = before.model_copy(
        update={"sources": ("b",), "step": "report", "forms": {"train": {"epochs": 9}}}
    )
    with_changes(file, before, second).save(file)
    both, problem = read_workspace(file)
    assert problem is None
    assert (both.sources, both.step) == (("b", "c"), "report")
    assert (both.choices, both.forms) == ({"run": "two"}, {"train": {"epochs": 9}})
    # The first window does not know of the second's, and takes nothing of it away.
    later = first.model_copy(update={"choices": {}})
    with_changes(file, first, later).save(file)
    assert read_workspace(file)[0] == both.model_copy(update={"choices": {}})
