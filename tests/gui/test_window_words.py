"""What jobs say, as the window says it: no option of the command line."""

from __future__ import annotations

import pytest

from brainstem_app.gui.messages.window_words import in_window_words


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "Leave such people out with --missing age=-999 (in the window: Means unknown).",
            "Leave such people out with “Means unknown” age=-999.",
        ),
        ("Give more results, or fewer --covariates, or --no-head-size.",
         "Give more results, or fewer “Covariates”, or “Head size”."),
        ("original labels count (--edited original): sub-02",
         "original labels count (“Corrected labels” original): sub-02"),
        ("--missing=89+", "“Means unknown”: 89+"),
        ("A scan of 3-4 mm -- or less --unknown", "A scan of 3-4 mm -- or less --unknown"),
        ("Nothing to change.", "Nothing to change."),
    ],
)  # fmt: skip
def test_options_have_the_names_that_the_window_gives_them(said: str, shown: str) -> None:
    assert in_window_words(said, "cohort") == shown


def test_words_of_a_job_that_is_not_known_stay() -> None:
    assert in_window_words("Give --group.", "of another version") == "Give --group."
