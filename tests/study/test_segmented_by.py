"""What is said of references that a model gave."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.study.segmented_by import SegmentedBy, agreement_notes
from brainstem_app.study.study import SubjectRecord


def given(changed: int, model: str = "own", sha256: str = "a") -> SegmentedBy:
    return SegmentedBy(model=model, version="1", sha256=sha256, changed_voxels=changed, voxels=1000)


def test_scores_against_a_models_labels_are_told_by_model_and_by_what_people_changed() -> None:
    found = [given(0), given(4), given(125), given(0), given(0, "other", "b")]
    assert agreement_notes(found, 7, "test", {"a"}) == (
        "The references of 2 of 7 test subjects are what own version 1, this run's own network, gave and "
        "nobody changed: there it is measured on its own output, which flatters it.",
        "The references of 2 of 7 test subjects are what own version 1, this run's own network, gave, with "
        "0.4 to 12.5 % of the voxels changed by people: there it is measured on its own output, which "
        "flatters it.",
        "The reference of 1 of 7 test subjects is what other version 1 gave and nobody changed: there the "
        "numbers tell how far the network agrees with that model rather than with a person.",
    )
    assert agreement_notes([], 7, "test", {"a"}) == ()


def record(**settings: object) -> SubjectRecord:
    return SubjectRecord.model_validate(
        {"name": "sub-1", "person": "sub-1", "state": "finished", "source": "x", "settings": settings}
    )


def test_record_tells_where_its_reference_comes_from_also_an_earlier_versions() -> None:
    assert record().origin == "registered"
    drawn = record(reference="drawn")
    assert (drawn.origin, drawn.segmented_by) == ("drawn", None)
    taken = record(reference="drawn", segmented_by=given(0).model_dump())
    assert (taken.origin, taken.segmented_by) == ("segmented", given(0))
    assert taken.is_drawn
    assert record(reference="drawn", segmented_by=given(1).model_dump()).origin == "drawn"


def test_damaged_record_is_refused_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(record(reference="drawn").model_dump_json(by_alias=True), encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"settings":{', '"settings":{"segmented_by":7,'), encoding="utf-8")
    with pytest.raises(InputError):
        SubjectRecord.load(path)
