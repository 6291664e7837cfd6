"""Loading about the first paint: structures, and the modules of the viewer and the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.models.library import ModelFiles


def read_structures(model: ModelFiles | None = None) -> LabelTable:
    """Read the structures that a model finds; those of the default atlas if there is no model."""
    from brainstem_app.atlas.library import load_atlas_table

    return (load_atlas_table() if model is None else load_atlas_table(model.atlas)).table


def import_plots() -> None:
    """Import pyqtgraph, in the window's own thread and before the first paint.

    It goes through every class of Qt: on a thread beside the window's, that ended the program now and then
    (segmentation fault). After the first paint it would hold up the window for a third of a second.
    """
    import pyqtgraph

    _ = pyqtgraph


def import_pages() -> None:
    """Import the viewer's modules and those of the steps, so that a scan opens and a page shows at once."""
    import nibabel

    import brainstem_app.gui.compare.compare_page
    import brainstem_app.gui.prepare.prepare_page
    import brainstem_app.gui.quality.quality_page
    import brainstem_app.gui.report.report_page
    import brainstem_app.gui.review.review_page
    import brainstem_app.gui.segment.viewer_panel
    import brainstem_app.gui.train.train_page

    _ = nibabel, brainstem_app
