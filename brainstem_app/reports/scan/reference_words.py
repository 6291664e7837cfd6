"""Words on the distance of labels from a reference, and on how far references disagree."""

from __future__ import annotations

from brainstem_app.atlas.disagreement import disagreement_about

#: Of references that a person drew.
DRAWN_DISTANCE = (
    "Distance: mean distance of both surfaces (ASSD). How far the people who drew these references would "
    "disagree is not known, so neither is how much of a distance is the references' own."
)


def disagreement_words(atlas: str, version: str) -> str:
    """Sentences on the distance from a reference, and on the references' own uncertainty if it is known."""
    table = disagreement_about(atlas, version)
    if table is None:
        return (
            "Distance: mean distance of both surfaces (ASSD). How far registrations of this atlas disagree "
            "was not measured, so how much of a distance is the reference's own error is not known."
        )
    return (
        "Distance: mean distance of both surfaces (ASSD). References disagree: the same distance between "
        f"{len(table.registrations)} registrations of one scan, mean of all pairs over {table.subjects} open "
        "scans at 1 mm. A distance of that size may be the reference's error as well as the labels'."
    )
