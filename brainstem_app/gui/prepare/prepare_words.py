"""What the form of the step Prepare says of each setting of `PrepareJob`."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from brainstem_app.gui.forms.field_spec import FieldWords


def prepare_words(atlases: tuple[str, ...]) -> dict[str, FieldWords]:
    """Label and explanation of each setting, in the order of the form."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("PrepareWords", text)

    return {
        "dataset": FieldWords(tr("Dataset"), tr("The BIDS dataset that holds the scans; it is only read.")),
        "study": FieldWords(
            tr("Study folder"), tr("All results go here; an empty folder, or a study to go on with.")
        ),
        "space": FieldWords(
            tr("Normalisation"),
            tr("Affine keeps each brain's own shape; nonlinear also warps it smoothly, as the paper does."),
            names={"affine": tr("affine, 12 degrees of freedom"), "nonlinear": tr("nonlinear, smooth warp")},
        ),
        "atlas": FieldWords(
            tr("Atlas"),
            tr("The nuclei that are labelled, and their borders in the template."),
            choices=atlases,
        ),
        "jobs": FieldWords(tr("At once"), tr("Scans worked on at a time; each takes a core and 1.5 GB.")),
        "repeat": FieldWords(
            tr("Reference"),
            tr("Shows how well the reference repeats itself, the ceiling of any network; a third more time."),
            placeholder=tr("also make it a second time"),
        ),
        "seed": FieldWords(
            tr("Seed of the split"), tr("Decides who is trained on, validated and tested."), advanced=True
        ),
    }
