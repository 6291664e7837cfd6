"""Who and what is shown: person, session, dataset, model, date, original or corrected by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.gui.document.result_model import NO_ORIGIN
from brainstem_app.imaging.bids.scan_name import bids_scan
from brainstem_app.imaging.file_names import file_stem
from brainstem_app.written_files import DESCRIPTION_FILE

if TYPE_CHECKING:
    from brainstem_app.gui.document.document import Document

_BETWEEN = "  ·  "
_ENTITY = re.compile(r"(?:^|_)(sub|ses|run)-([A-Za-z0-9]+)(?=_|$)")


def who_and_what(document: Document) -> tuple[str, str]:
    """Name what a document shows, and the files behind it, one a line; both empty if nothing is open."""
    result, scan, labels = document.result, document.scan_path, document.labels
    origin = NO_ORIGIN if result is None else result.model.origin
    name = scan.name if scan is not None else origin.scan
    if not name and labels is not None:
        name = labels.path.name
    if not name:
        return "", ""
    parts = [*_person(name, scan), origin.dataset or _dataset_of(scan)]
    if result is not None and result.is_segmentation:
        parts.append(result.model.title)
        parts.append(f"{origin.created:%Y-%m-%d}" if origin.created is not None else "")
    if labels is not None:
        parts.append(_state(document))
    files = [str(path) for path in (scan, None if labels is None else labels.path) if path is not None]
    return _BETWEEN.join(part for part in parts if part), "\n".join(files)


def _person(name: str, scan: Path | None) -> list[str]:
    """Person and session of the name of a file in BIDS, and of its folders; else the name itself."""
    placed = None if scan is None else bids_scan(scan)
    words = file_stem(Path(name)) if placed is None or placed.odd_words else placed.full_name
    entities = {kind: f"{kind}-{value}" for kind, value in _ENTITY.findall(words)}
    if "sub" not in entities:
        return [name]
    return [entities[kind] for kind in ("sub", "ses", "run") if kind in entities]


def _dataset_of(scan: Path | None) -> str:
    """Name of the BIDS dataset that a scan lies in, empty if it lies in none."""
    if scan is None:
        return ""
    homes = [folder for folder in scan.parents if (folder / DESCRIPTION_FILE).is_file()]
    return homes[-1].name if homes else ""


def _state(document: Document) -> str:
    result = document.result
    if document.editor.is_changed:
        return "edited, not saved"
    if result is None or not result.is_segmentation:
        return "label map"
    if result.edited is not None:
        return f"edited {result.edited.saved:%Y-%m-%d %H:%M}"
    return "original"
