"""What is loaded after the first paint, on a thread: the models' cards, and the modules of the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brainstem_app.models.library import ModelFiles


def find_models() -> tuple[ModelFiles, ...]:
    """List the models at hand."""
    from brainstem_app.models.library import list_models

    return list_models()


def import_viewer() -> None:
    """Import the viewer's modules, so that the first scan opens at once."""
    import nibabel

    import brainstem_app.gui.jobs.job_process
    import brainstem_app.gui.viewer.viewer_panel

    _ = nibabel, brainstem_app
