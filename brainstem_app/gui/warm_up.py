"""What is loaded after the first paint, on a thread: the models' cards, and the modules of the viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.models.library import ModelFiles


def find_models() -> tuple[ModelFiles, ...]:
    """List the models at hand."""
    from brainstem_app.models.library import list_models

    return list_models()


def read_structures() -> LabelTable:
    """Read the structures of the default atlas."""
    from brainstem_app.atlas.label_table import TABLE_FILE_NAME, read_label_table
    from brainstem_app.gui.scans.opened import DEFAULT_ATLAS
    from brainstem_app.locations import resource

    return read_label_table(resource("atlas", DEFAULT_ATLAS, TABLE_FILE_NAME))


def import_viewer() -> None:
    """Import the viewer's modules, so that the first scan opens at once."""
    import nibabel

    import brainstem_app.gui.viewer.viewer_panel

    _ = nibabel, brainstem_app


def import_pages() -> None:
    """Import the modules of the steps, so that each is there when its key is pressed."""
    import brainstem_app.gui.compare.compare_page
    import brainstem_app.gui.prepare.prepare_page
    import brainstem_app.gui.report.report_page
    import brainstem_app.gui.review.review_page
    import brainstem_app.gui.train.train_page

    _ = brainstem_app
