"""Notes on what scans lack that are compared: nuclei that were lost or cut, regions that are cut, errors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from brainstem_app.atlas.label_table import Group
from brainstem_app.counting import counted, listed
from brainstem_app.reports.scan.midsagittal import measure_words
from brainstem_app.reports.scan.model import Report
from brainstem_app.reports.scan.regions import cut_parts

#: People, and names of each, that a note tells.
_MOST_PEOPLE, _MOST_NAMES = 10, 4


def missing_notes(
    reports: Mapping[str, Sequence[Report]],
    nuclei: Collection[str] | None = None,
    *,
    of_changes: bool = False,
) -> tuple[str, ...]:
    """Say what is missing in people's scans, and must not be taken for small.

    Parameters
    ----------
    reports : mapping of str to sequence of Report
        Of each person, by name.
    nuclei : collection of str, optional
        Those that are compared; all if None.
    of_changes : bool
        Whether they are changes over time, of which none is known where a scan cuts or lacks the nucleus.
    """
    lost, cut = (
        {
            name: [
                s.name
                for report in own
                for s in report.structures
                if s.group is Group.NUCLEUS
                and s.compared is None
                and s.is_cut is is_cut
                and (nuclei is None or s.name in nuclei)
            ]
            for name, own in reports.items()
        }
        for is_cut in (False, True)
    )
    regions = {
        name: [measure_words(part) for report in own for part in cut_parts(report)]
        for name, own in reports.items()
    }
    warned = [
        name for name, own in reports.items() if any(w.level == "error" for r in own for w in r.warnings)
    ]
    how, instead = ("cut by the end of the scan or of its brain mask", "0 mm³ or what is left of them")
    if of_changes:
        how, instead = ("not measured in all scans of a person", "a change of 0")
    return (
        *_lost_note("not found", "0 mm³", lost),
        *_lost_note(how, instead, cut),
        *_cut_note(regions),
        *([f"Scans with an error in their report are included: {listed(warned)}."] if warned else []),
    )


def _lost_note(how: str, instead: str, of_whom: Mapping[str, Sequence[str]]) -> list[str]:
    n = sum(len(set(names)) for names in of_whom.values())
    if not n:
        return []
    return [
        f"{counted(n, 'nucleus was', 'nuclei were')} {how} and counted as missing, not as {instead} "
        f"({_told(of_whom)}); look at those scans first."
    ]


def _cut_note(of_whom: Mapping[str, Sequence[str]]) -> list[str]:
    if not any(of_whom.values()):
        return []
    return [
        "Regions and areas that the scan or its brain mask cuts are counted as missing, not as what is left "
        f"of them: {_told(of_whom)}."
    ]


def _told(of_whom: Mapping[str, Sequence[str]]) -> str:
    """Who lacks what, each thing once."""
    known = {who: list(dict.fromkeys(names)) for who, names in of_whom.items() if names}
    told = "; ".join(
        f"{who}: {listed(names, _MOST_NAMES)}" for who, names in list(known.items())[:_MOST_PEOPLE]
    )
    return told + (f"; and {len(known) - _MOST_PEOPLE} more" if len(known) > _MOST_PEOPLE else "")
