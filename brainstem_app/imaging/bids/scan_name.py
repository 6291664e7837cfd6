"""Whose a T1-weighted scan of a BIDS dataset is, by its name and its folders, and whether these agree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.file_names import has_ending
from brainstem_app.imaging.scan import Finding, Level

_ENDING = re.compile(r"_T1w\.nii(?:\.gz)?\Z", re.I)
_ENTITY = re.compile(r"([a-zA-Z]+)-([a-zA-Z0-9+]+)")
_PREFIX = re.compile(r"(?<![^_])(?:sub|ses)-", re.I)
#: Parts of a complex image; the magnitude is the scan.
_NO_MAGNITUDE = frozenset({"phase", "real", "imag"})


@dataclass(frozen=True)
class BidsScan:
    """One T1-weighted scan of a BIDS dataset.

    Attributes
    ----------
    subject : str
        With its prefix, e.g. ``"sub-01"``: that of the folder, where it lies in one.
    session, run : str or None
        Without prefix, e.g. ``"2"`` of ``ses-2``; None where neither name nor folder has one.
    path : Path
        The NIfTI file.
    full_name : str
        All entities, e.g. ``"sub-01_ses-2_acq-mprage_run-1"``: of the file's name, and the session of its
        folder.
    odd_words : tuple of (str, str)
        What the file is named and what its folder is, where they contradict: ``("sub-04", "sub-03")``.
    """

    subject: str
    session: str | None
    run: str | None
    path: Path
    full_name: str
    odd_words: tuple[tuple[str, str], ...] = ()

    @property
    def is_raw(self) -> bool:
        """Whether it is as acquired: not moved to a template (``space-…``), no phase or other ``part-…``."""
        entities = dict(_ENTITY.findall(self.full_name))
        return "space" not in entities and entities.get("part") not in _NO_MAGNITUDE

    @property
    def name(self) -> str:
        """Subject and session, e.g. ``"sub-01"`` or ``"sub-01_ses-2"``."""
        return self.subject if self.session is None else f"{self.subject}_ses-{self.session}"


def bids_scan(path: Path) -> BidsScan | None:
    """Read the name and the folders of a scan; None if by its name it is no T1-weighted scan of somebody.

    The file need not be there. ``sub-``, ``ses-``, ``_T1w`` and the ending may be in capitals.
    """
    ending = _ENDING.search(path.name)
    if ending is None or path.name.startswith("."):
        return None
    stem = _PREFIX.sub(lambda prefix: prefix[0].casefold(), path.name[: ending.start()])
    entities = dict(_ENTITY.findall(stem))
    if "sub" not in entities:
        return None
    said = {kind: f"{kind}-{entities[kind]}" for kind in ("sub", "ses") if kind in entities}
    told = _told_by_folders(path)
    unsaid = {kind: word for kind, word in told.items() if f"_{word}_" not in f"_{stem}_"}
    odd = tuple((said[kind], word) for kind, word in unsaid.items() if kind in said)
    whose = {**said, **told}
    if odd:
        stem = "_".join((*told.values(), stem))
    elif "ses" in unsaid:
        stem = stem.replace(whose["sub"], f"{whose['sub']}_{whose['ses']}", 1)
    session = whose["ses"].removeprefix("ses-") if "ses" in whose else None
    return BidsScan(whose["sub"], session, entities.get("run"), path, stem, odd)


def preference(scan: BidsScan) -> tuple[bool, str]:
    """Key that sorts files of one name in one folder: the one that counts, which is compressed, first."""
    return not has_ending(scan.path, (".nii.gz",)), scan.path.name


def check_name(path: Path) -> tuple[Finding, ...]:
    """Whether the name and the folders of a scan say clearly whose it is; nothing to say outside of BIDS."""
    scan = bids_scan(path)
    if scan is None or path.parent.name != "anat":
        return ()
    if scan.odd_words:
        named, lies = ("_".join(words) for words in zip(*scan.odd_words, strict=True))
        problem = f"The file is named {named}, but lies in the folder {lies}: whose scan it is, is not clear."
        fix = "Find out whose it is, then rename the file or move it to the folder that its name says."
        return (Finding(Level.ERROR, "bids-name-contradicts", problem, fix),)
    found = []
    if not path.name.casefold().startswith(f"{scan.full_name}_T1w".casefold()):
        problem = f"The file's name leaves out the session of its folder: it is taken for {scan.full_name}."
        fix = f"Rename it to {scan.full_name}_T1w…, as BIDS has it."
        found.append(Finding(Level.WARNING, "bids-name-without-session", problem, fix))
    names = [one.path.name for one in sorted(_of_one_name(scan), key=preference)]
    if len(names) > 1:
        problem = f"{' and '.join(names)} have one name in BIDS: of the dataset, {names[0]} is taken."
        fix = "Remove the one that is not wanted, or name them apart (acq-…, run-…)."
        found.append(Finding(Level.WARNING, "bids-name-twice", problem, fix))
    return tuple(found)


def require_clear_name(path: Path) -> None:
    """Refuse a scan whose name and folders contradict each other about whose it is.

    Raises
    ------
    InputError
        With what its name says, and what its folder.
    """
    for finding in check_name(path):
        if finding.level is Level.ERROR:
            raise InputError(finding.problem, path, finding.fix)


def _told_by_folders(path: Path) -> dict[str, str]:
    """Subject and session of the folders above ``anat``: ``{"sub": "sub-01", "ses": "ses-2"}``."""
    folder = path.absolute().parent
    if folder.name != "anat":
        return {}
    place = folder.parent
    session = {"ses": place.name} if place.name.startswith("ses-") else {}
    person = place.parent if session else place
    return {**({"sub": person.name} if person.name.startswith("sub-") else {}), **session}


def _of_one_name(scan: BidsScan) -> list[BidsScan]:
    """Return the scans of the same name in a scan's folder, itself among them."""
    folder = scan.path.parent
    found = map(bids_scan, folder.iterdir() if folder.is_dir() else ())
    return [one for one in found if one is not None and one.full_name == scan.full_name]
