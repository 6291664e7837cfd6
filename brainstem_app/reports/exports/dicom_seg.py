"""Labels as a DICOM segmentation object on the slices of the series that was segmented."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app import __version__
from brainstem_app.atlas.importing.side_names import split_side
from brainstem_app.atlas.label_table import Group, LabelTable, Side, Structure
from brainstem_app.imaging.dicom.identity import Identity
from brainstem_app.imaging.dicom.source import (
    DEIDENTIFICATION_METHOD,
    SourceImages,
    with_what_is_required,
    without_identity,
)
from brainstem_app.imaging.spaces import Affine
from brainstem_app.named_version import with_version

if TYPE_CHECKING:
    from highdicom.seg import Segmentation, SegmentDescription

SCHEME = "99BRAINSTEM"
_SERIES_NUMBER = 9900
_MOST_LETTERS = 64
# Codes that the DICOM standard itself lists (PS3.16); all other structures are coded by `SCHEME`.
_SNOMED = {
    "substantia nigra": ("70007007", "Substantia nigra"),
    "white matter of the brainstem": ("389080008", "White Matter"),
    "grey matter of the brainstem outside the nuclei": ("389081007", "Gray Matter"),
}
_SIDES = {Side.LEFT: ("7771000", "Left"), Side.RIGHT: ("24028007", "Right")}


@dataclass(frozen=True)
class Maker:
    """What made the labels: names and versions for the object's head.

    Attributes
    ----------
    model, model_sha256 : str
        Network, and the hash of its weights.
    atlas, atlas_version : str
        What the labels mean.
    """

    model: str
    model_sha256: str
    atlas: str
    atlas_version: str


def segmentation_bytes(
    labels: NDArray[np.uint8],
    affine: Affine,
    table: LabelTable,
    images: SourceImages,
    maker: Maker,
    identity: Identity = Identity.NONE,
    pseudonym: str = "anonymous",
) -> bytes:
    """Content of a DICOM file (Segmentation Storage, binary): a segment a structure, its number the label's.

    Parameters
    ----------
    labels : ndarray of uint8, shape (X, Y, Z)
    affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+) of the labels.
    table : LabelTable
        Names and colours; every structure but the background becomes a segment, also one without a voxel.
    images : SourceImages
        Series whose slices the object lies on.
    maker : Maker
        What made the labels.
    identity : Identity
        ``none``: a pseudonym, and new UIDs. ``links``: a pseudonym; UIDs of study, series and images stay.
        ``patient``: patient and study as in the source, to go back into its archive.
    pseudonym : str
        Patient's ID and name unless `identity` is ``patient``.
    """
    if identity is Identity.PATIENT:
        images = with_what_is_required(images)
    else:
        images = without_identity(images, pseudonym, keep_links=identity is Identity.LINKS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of names that the source spells otherwise than DICOM
        made = _segmentation(labels_on_frames(labels, affine, images), table, images, maker)
    if identity is not Identity.PATIENT:
        made.PatientIdentityRemoved = "YES"
        made.DeidentificationMethod = DEIDENTIFICATION_METHOD
    buffer = io.BytesIO()
    made.save_as(buffer)
    return buffer.getvalue()


def labels_on_frames(labels: NDArray[np.uint8], affine: Affine, images: SourceImages) -> NDArray[np.uint8]:
    """Label of the nearest voxel at each pixel of the source's frames, shape (frames, rows, columns)."""
    rows, columns = images.shape
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    pixels = np.stack([column, row, np.zeros_like(row), np.ones_like(row)]).reshape(4, -1).astype(np.float64)
    placed = np.zeros((len(images.frames), rows * columns), dtype=np.uint8)
    to_voxel = np.linalg.inv(affine)
    for frame, to_world in enumerate(images.frames):
        voxels = np.rint((to_voxel @ to_world @ pixels)[:3]).astype(np.int64)
        inside = ((voxels >= 0) & (voxels < np.reshape(labels.shape, (3, 1)))).all(axis=0)
        placed[frame, inside] = labels[tuple(voxels[:, inside])]
    return placed.reshape(-1, rows, columns)


def _segmentation(
    frames: NDArray[np.uint8], table: LabelTable, images: SourceImages, maker: Maker
) -> Segmentation:
    from highdicom.seg import Segmentation
    from pydicom.uid import generate_uid

    made = Segmentation(
        source_images=images.datasets,
        pixel_array=frames,
        segmentation_type="BINARY",
        segment_descriptions=[
            _describe(s, maker) for s in table.structures if s.group is not Group.BACKGROUND
        ],
        series_instance_uid=generate_uid(prefix=None),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=generate_uid(prefix=None),
        instance_number=1,
        manufacturer="Brainstem App",
        manufacturer_model_name="Brainstem App",
        software_versions=__version__,
        device_serial_number=maker.model_sha256[:_MOST_LETTERS] or "none",
        content_label="BRAINSTEM",
        content_description="Nuclei of the brainstem, not for diagnosis or treatment",
        omit_empty_frames=True,
    )
    made.SeriesDescription = f"Brainstem nuclei, {maker.model}"[:_MOST_LETTERS]
    made.CodingSchemeIdentificationSequence = [_scheme(maker)]
    return made


def _describe(structure: Structure, maker: Maker) -> SegmentDescription:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.color import CIELabColor
    from highdicom.seg import SegmentDescription
    from highdicom.sr import CodedConcept

    description = SegmentDescription(
        segment_number=structure.index,
        segment_label=structure.name[:_MOST_LETTERS],
        segmented_property_category=CodedConcept("91723000", "SCT", "Anatomical Structure"),
        segmented_property_type=_coded(structure),
        algorithm_type="AUTOMATIC",
        algorithm_identification=AlgorithmIdentificationSequence(
            name=f"Brainstem App, model {maker.model}"[:_MOST_LETTERS],
            family=CodedConcept("123110", "DCM", "Artificial Intelligence"),
            version=__version__,
            source="Brainstem App",
            parameters={"atlas": f"{maker.atlas} {maker.atlas_version}"},
        ),
        anatomic_regions=[CodedConcept("119238007", "SCT", "Brain Stem")],
        display_color=CIELabColor.from_rgb(*structure.rgb),
    )
    description.SegmentDescription = structure.full_name
    if structure.side in _SIDES:
        code, meaning = _SIDES[structure.side]
        side = CodedConcept(code, "SCT", meaning)
        description.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [side]
    return description


def _coded(structure: Structure) -> Any:
    """Code of what a segment is, its side apart."""
    from highdicom.sr import CodedConcept

    full_name = structure.full_name.removesuffix(f", {structure.side.value}")
    if known := _SNOMED.get(full_name.casefold()):
        return CodedConcept(known[0], "SCT", known[1])
    return CodedConcept(split_side(structure.name)[0], SCHEME, full_name[:_MOST_LETTERS])


def _scheme(maker: Maker) -> Any:
    from pydicom.dataset import Dataset

    scheme = Dataset()
    scheme.CodingSchemeDesignator = SCHEME
    scheme.CodingSchemeName = (
        f"Short names of the label table of the atlas {with_version(maker.atlas, maker.atlas_version)}"
    )
    scheme.CodingSchemeResponsibleOrganization = "Brainstem App"
    return scheme
