"""Settings of the comparison of a cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from brainstem_app.setting import setting

#: A t-test of fewer people says next to nothing, and one of them decides it.
LEAST_PEOPLE = 5


class PeopleRequest(BaseModel):
    """Who takes part, in which groups, and what is taken out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    results: Annotated[
        tuple[Path, ...],
        setting(
            "Results",
            "Folders that segment wrote: the report.json of each subject, at any depth.",
            argument="RESULTS…",
            min_length=1,
        ),
    ]
    participants: Annotated[
        Path | None,
        setting("Table of participants", "participants.tsv: groups and covariates of the subjects."),
    ] = None
    group: Annotated[str, setting("Groups", "Column of the groups.", empty="no groups")] = ""
    reference: Annotated[
        str,
        setting("Reference group", "Group to compare with.", empty="the one called control or healthy"),
    ] = ""
    covariates: Annotated[
        tuple[str, ...],
        setting(
            "Covariates",
            "Columns to adjust for, e.g. age,sex; intracranial_ml and brain_ml, the volumes inside the skull "
            "and of the brain, need no table.",
            separator=",",
        ),
    ] = ()
    head_size: Annotated[
        bool,
        setting(
            "Head size",
            "Adjust for eTIV, TIV, ICV or head_size where the table has it, else for intracranial_ml where "
            "all results have it; not where the covariates name one of these, or brain_ml.",
        ),
    ] = True
    missing: Annotated[
        tuple[str, ...],
        setting(
            "Means unknown",
            "Value of the table that means unknown, besides n/a, in all columns or in one, e.g. 89+ or "
            "age=-999: whoever has it is in no model.",
            metavar="VALUE",
        ),
    ] = ()
    categorical: Annotated[
        tuple[str, ...],
        setting(
            "Categories",
            "Covariate whose values are names, however many, and even if they are numbers.",
            metavar="COLUMN",
        ),
    ] = ()
    numeric: Annotated[
        tuple[str, ...],
        setting(
            "Numbers",
            "Covariate whose numbers are taken as they are, even those that look like a code for unknown "
            "(-999) or like no age.",
            metavar="COLUMN",
        ),
    ] = ()
    site: Annotated[
        str,
        setting(
            "Sites",
            "Column of the scanner or site, whose differences are taken out of the volumes (ComBat); what "
            "goes with groups and covariates is kept.",
            empty="one site",
        ),
    ] = ""
    least: Annotated[
        int,
        setting(
            "Fewest people",
            "Fewest people of a group and of a site: fewer are refused, and a nucleus found in fewer has "
            "no numbers.",
            ge=2,
        ),
    ] = LEAST_PEOPLE
    session: Annotated[
        str,
        setting("Session", "Session to take of people with several, e.g. 1.", empty="one result each"),
    ] = ""
    mixed: Annotated[
        bool,
        setting(
            "Made differently",
            "Compare results of different atlases, models or versions of the program all the same.",
        ),
    ] = False
    separate_folders: Annotated[
        bool,
        setting(
            "Separate folders",
            "People of one name in different folders of RESULTS are different people.",
        ),
    ] = False


class CohortRequest(PeopleRequest):
    """What to compare."""

    contrasts: Annotated[
        tuple[str, ...],
        setting(
            "Comparisons",
            "Groups to set against each other, e.g. ALS-B:ALS-S, or several together and a name, "
            "patients=ALS-B+ALS-S:control.",
            empty="each group with the reference group",
            option="--contrast",
            metavar="GROUPS:GROUPS",
        ),
    ] = ()
    against: Annotated[
        Path | None,
        setting(
            "Saved reference group",
            "File that `reference save` wrote: each person is set against its people.",
            empty="the reference group, or all others",
        ),
    ] = None
