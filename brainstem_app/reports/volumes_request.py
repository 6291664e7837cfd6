"""What to compare of the volumes of many people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class VolumesRequest:
    """What to compare.

    Attributes
    ----------
    results : tuple of Path
        Folders with the ``report.json`` of each subject, at any depth.
    participants : Path or None
        ``participants.tsv``; needed for groups and covariates.
    group : str
        Column of the groups; empty for none.
    reference : str
        Group to compare with; empty for the one that is called control, healthy or the like.
    covariates : tuple of str
        Columns to adjust for; ``brain_ml`` and ``intracranial_ml`` come from the reports where the table has
        none.
    head_size : bool
        Adjust for the size of the head too: by the table (eTIV, TIV, ICV, head_size); else, with groups, by
        ``intracranial_ml`` if the reports of everybody have it.
    missing : tuple of str
        Values that mean unknown, besides ``n/a``: whoever has one is in no model.
    categorical : tuple of str
        Covariates whose values are names, however many.
    numeric : tuple of str
        Covariates whose numbers are taken as they are, codes like −999 too.
    session : str
        Session to take of those who have several; empty if each has one.
    mixed : bool
        Results of different atlases, models or versions of the program may be compared.
    separate_folders : bool
        People in different folders are different people, whatever their names.
    """

    results: tuple[Path, ...]
    participants: Path | None = None
    group: str = ""
    reference: str = ""
    covariates: tuple[str, ...] = ()
    head_size: bool = True
    missing: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    session: str = ""
    mixed: bool = False
    separate_folders: bool = False
