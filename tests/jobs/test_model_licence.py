"""Licence of a model: that of the labels it learned from, as their atlas states it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from brainstem_app.atlas.library import (
    CARD_FILE_NAME,
    NOT_STATED,
    Atlas,
    AtlasTable,
    copy_atlas,
    licence_of_atlas,
    load_atlas,
    load_atlas_table,
)

pytest.importorskip("keras")


def own_atlas(folder: Path, **card: Any) -> Atlas:
    """The shipped labels under the card of another atlas."""
    source = load_atlas().folder
    assert source is not None
    copy_atlas(source, folder)
    (folder / CARD_FILE_NAME).write_text(json.dumps({"name": "mine", "version": "1", **card}))
    return load_atlas(folder)


@pytest.mark.parametrize(
    ("card", "stated"),
    [
        ({"sources": [{"licence": "CC BY-NC 4.0"}]}, "CC BY-NC 4.0"),
        ({"sources": [{"licence": "CC0"}, {"licence": "CC BY 4.0"}, {"licence": "CC0"}]}, "CC0; CC BY 4.0"),
        ({"sources": [{"licence": "CC0"}, {"title": "b"}]}, f"CC0; {NOT_STATED}"),
        ({"licence": "GPL-3.0-or-later", "sources": [{"licence": "CC0"}]}, "GPL-3.0-or-later"),
        ({"licence": NOT_STATED, "sources": [{"licence": "CC0"}]}, "CC0"),
    ],
)
def test_model_has_the_licence_that_its_atlas_states(
    tmp_path: Path, card: dict[str, Any], stated: str
) -> None:
    from brainstem_app.jobs.networks.export import licence_of

    atlas = own_atlas(tmp_path, **card)
    assert licence_of_atlas(atlas) == stated
    assert licence_of(atlas) == f"{stated}, as the labels it learned from"


@pytest.mark.parametrize("card", [{}, {"sources": [{"licence": NOT_STATED}]}, {"sources": [{"licence": ""}]}])
def test_model_of_an_atlas_that_states_no_licence_says_so(tmp_path: Path, card: dict[str, Any]) -> None:
    from brainstem_app.jobs.networks.export import licence_of

    assert licence_of(own_atlas(tmp_path, **card)) == "not stated, nor is that of the labels it learned from"


def test_model_of_the_shipped_atlas_is_under_the_gpl() -> None:
    from brainstem_app.jobs.networks.export import licence_of

    assert licence_of(load_atlas()) == "GPL-3.0-or-later, as the labels it learned from"


def test_model_of_labels_that_a_lab_drew_is_the_labs_own() -> None:
    from brainstem_app.jobs.networks.export import licence_of

    drawn = load_atlas_table()
    assert isinstance(drawn, AtlasTable)
    assert licence_of(drawn) == "that of the labels it learned from, which are the lab's own"
