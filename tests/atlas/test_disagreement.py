"""How far references of an atlas disagree, as shipped beside it."""

from __future__ import annotations

from brainstem_app.atlas.disagreement import disagreement_about
from brainstem_app.atlas.library import load_atlas_table


def test_shipped_table_knows_every_nucleus_of_its_atlas_and_nothing_else() -> None:
    atlas = load_atlas_table("brainstem31")
    table = disagreement_about(atlas.name, atlas.version)
    assert table is not None
    assert set(table.nuclei) == {nucleus.name for nucleus in atlas.table.nuclei}
    assert table.between_mm("background") is None
    assert all(0.1 < nucleus.between_mm < 2 for nucleus in table.nuclei.values())
    assert 0.1 < table.mean_reference_mm < 1


def test_other_atlases_and_editions_have_no_table() -> None:
    assert disagreement_about("brainstem31", "0.1") is None
    assert disagreement_about("mine", "1.0") is None
