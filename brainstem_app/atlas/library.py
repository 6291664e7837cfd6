"""The atlases at hand: those that ship with the program, and the user's own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import TABLE_FILE_NAME, LabelTable, read_label_table
from brainstem_app.atlas.regions import REGION_TABLE_FILE_NAME, REGIONS_FILE_NAME, Regions, read_regions
from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import MNI_SHAPE, mni_affine
from brainstem_app.locations import resource, user_data_folder
from brainstem_app.named_version import with_version
from brainstem_app.small_files import read_json, read_text

DEFAULT_ATLAS = "brainstem31"
LABELS_FILE_NAME = "labels.nii.gz"
CARD_FILE_NAME = "atlas.json"
NOTICE_FILE_NAME = "NOTICE.md"
_LONGEST_NOTICE = 2**20
#: What a card says of a licence or citation that nobody gave.
NOT_STATED = "not stated"
#: What the card of an atlas without a map says of its labels: a lab drew them on scans.
DRAWN = "drawn"
_FILE_NAMES = (
    TABLE_FILE_NAME,
    NOTICE_FILE_NAME,
    REGION_TABLE_FILE_NAME,
    REGIONS_FILE_NAME,
    LABELS_FILE_NAME,
    CARD_FILE_NAME,
)


@dataclass(frozen=True)
class AtlasTable:
    """What the labels of an atlas mean, without its label map.

    Attributes
    ----------
    name, version : str
        As in ``atlas.json``.
    table : LabelTable
        Structures 0…K−1.
    folder : Path
        Where it was loaded from.
    """

    name: str
    version: str
    table: LabelTable
    folder: Path

    @property
    def title(self) -> str:
        """Name and version."""
        return with_version(self.name, self.version)


@dataclass(frozen=True)
class Atlas:
    """A label map on the ``mni`` grid and what its labels mean.

    Attributes
    ----------
    name, version : str
        As in ``atlas.json``.
    labels : ndarray of uint8, shape (197, 233, 189)
        Label map; read-only.
    table : LabelTable
        Structures 0…K−1.
    notice : str
        Sources, licences, citations (Markdown).
    folder : Path or None
        Where it was loaded from.
    regions : Regions or None
        Midbrain, pons and medulla, if the atlas divides the brainstem.
    """

    name: str
    version: str
    labels: NDArray[np.uint8]
    table: LabelTable
    notice: str
    folder: Path | None = None
    regions: Regions | None = None

    @property
    def title(self) -> str:
        """Name and version."""
        return with_version(self.name, self.version)


#: Labels that a model gives: those of an atlas, or a lab's own, which have a table and no map.
AnyAtlas = Atlas | AtlasTable


def list_atlases() -> list[str]:
    """Names of the atlases, those that ship with the program first."""
    shipped = _names_in(resource("atlas"))
    own = _names_in(user_data_folder() / "atlases")
    return shipped + [name for name in own if name not in shipped]


def atlas_name_is_shipped(name: str) -> bool:
    """Whether an atlas of that name ships with the program, which no atlas of the user's can replace."""
    return name in _names_in(resource("atlas"))


def load_atlas(name_or_folder: str | Path = DEFAULT_ATLAS) -> Atlas:
    """Load an atlas by its name or from its folder.

    Raises
    ------
    InputError
        If there is no such atlas, or its files are damaged or do not belong together.
    """
    from brainstem_app.imaging.label_map import load_label_map

    known = load_atlas_table(name_or_folder)
    folder, table = known.folder, known.table
    path = folder / LABELS_FILE_NAME
    labels, affine = load_label_map(path)
    if labels.shape != MNI_SHAPE or not np.allclose(affine, mni_affine()):
        raise InputError("The label map is not on the program's MNI grid.", path, "Build the atlas again.")
    if labels.max() >= table.n_classes:
        raise InputError(
            f"The label map holds {labels.max()}, which the label table does not know.",
            path,
            "Build the atlas again.",
        )
    labels.setflags(write=False)
    return Atlas(
        name=known.name,
        version=known.version,
        labels=labels,
        table=table,
        notice=_read_notice(folder / NOTICE_FILE_NAME),
        folder=folder,
        regions=read_regions(folder, labels),
    )


def _read_notice(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        return read_text(path, _LONGEST_NOTICE)
    except (OSError, ValueError) as error:
        fix = "Restore it from a copy, or take it out."
        raise InputError("The notice of the atlas cannot be read.", path, fix) from error


def load_any_atlas(name_or_folder: str | Path) -> AnyAtlas:
    """Load an atlas, or the table of labels that a lab drew, whose card says that there is no map.

    Raises
    ------
    InputError
        As `load_atlas`.
    """
    known = load_atlas_table(name_or_folder)
    card = read_json(known.folder / CARD_FILE_NAME)
    return known if card.get("labels") == DRAWN else load_atlas(known.folder)


def defining_file(folder: Path) -> Path:
    """File whose hash tells editions of an atlas's labels apart: its map, or else its table."""
    labels = folder / LABELS_FILE_NAME
    return labels if labels.is_file() else folder / TABLE_FILE_NAME


def load_atlas_table(name_or_folder: str | Path = DEFAULT_ATLAS) -> AtlasTable:
    """Load what the labels of an atlas mean, by its name or from its folder.

    Raises
    ------
    InputError
        If there is no such atlas, or its files are damaged.
    """
    folder = _folder_of(name_or_folder)
    card = _read_card(folder / CARD_FILE_NAME)
    return AtlasTable(card["name"], card["version"], read_label_table(folder / TABLE_FILE_NAME), folder)


def citations_of(atlas: AnyAtlas) -> tuple[str, ...]:
    """Source by source what to cite for an atlas, as its description says; empty if it says nothing."""
    if atlas.folder is None:
        return ()
    card = read_json(atlas.folder / CARD_FILE_NAME)
    return tuple(
        f"{source['citation']} (labels: {source.get('title', atlas.name)}; licence "
        f"{source.get('licence', NOT_STATED)})"
        for source in card.get("sources", ())
        if source.get("citation")
    )


def licence_of_atlas(atlas: AnyAtlas) -> str:
    """Licence of an atlas as its description says, else those of its sources; `NOT_STATED` if none does."""
    if atlas.folder is None:
        return NOT_STATED
    card = read_json(atlas.folder / CARD_FILE_NAME)
    whole = str(card.get("licence") or NOT_STATED)
    if whole != NOT_STATED:
        return whole
    of_sources = [str(source.get("licence") or NOT_STATED) for source in card.get("sources", ())]
    return "; ".join(dict.fromkeys(of_sources)) or NOT_STATED


def source_volumes_of(atlas: Atlas) -> dict[str, float]:
    """Volume (mm³) that each structure of an imported atlas had in its source; empty for other atlases."""
    if atlas.folder is None:
        return {}
    card = read_json(atlas.folder / CARD_FILE_NAME)
    return {
        str(row["name"]): float(row["source_volume_mm3"])
        for row in card.get("structures", ())
        if "source_volume_mm3" in row
    }


def copy_atlas(source: Path, target: Path) -> None:
    """Copy the files of an atlas from its folder into another, made if missing; the card comes last."""
    target.mkdir(parents=True, exist_ok=True)
    (target / CARD_FILE_NAME).unlink(missing_ok=True)
    for name in _FILE_NAMES:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
        else:
            (target / name).unlink(missing_ok=True)


def _names_in(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob(f"*/{LABELS_FILE_NAME}"))


def _folder_of(name_or_folder: str | Path) -> Path:
    text = str(name_or_folder)
    if text in list_atlases():
        own = user_data_folder() / "atlases" / text
        return resource("atlas", text) if text in _names_in(resource("atlas")) else own
    folder = Path(name_or_folder)
    if folder.is_dir():
        return folder
    known = ", ".join(list_atlases())
    raise InputError(
        f"There is no atlas named {text}.", None, f"Choose one of {known}, or give an atlas' folder."
    )


def _read_card(path: Path) -> dict[str, str]:
    try:
        card = read_json(path)
        return {"name": str(card["name"]), "version": str(card["version"])}
    except FileNotFoundError as error:
        raise InputError(
            f"This folder is no atlas: it holds no {CARD_FILE_NAME}.",
            path.parent,
            "Make an atlas of a folder of maps with `brainstem-app atlas import FOLDER --name NAME`, and "
            "give that name.",
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "The atlas' description cannot be read.",
            path,
            "It is a JSON file with name and version; build the atlas again.",
        ) from error
