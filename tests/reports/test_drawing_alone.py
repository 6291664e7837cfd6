"""Pictures that are drawn beside each other have each their own settings."""

from __future__ import annotations

from threading import Event, Thread

import matplotlib

from brainstem_app.reports.engine.drawing_alone import drawing_alone


def test_settings_of_one_thread_are_not_those_of_another_that_draws() -> None:
    before = matplotlib.rcParams["lines.linewidth"]
    begun, go_on, seen = Event(), Event(), []

    def first() -> None:
        with drawing_alone({"lines.linewidth": 7.0}):
            begun.set()
            go_on.wait(10)
            seen.append(matplotlib.rcParams["lines.linewidth"])

    def second() -> None:
        begun.wait(10)
        go_on.set()
        with drawing_alone({"lines.linewidth": 9.0}):
            seen.append(matplotlib.rcParams["lines.linewidth"])

    threads = [Thread(target=first), Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [7.0, 9.0]
    assert matplotlib.rcParams["lines.linewidth"] == before
