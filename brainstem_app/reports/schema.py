"""The published JSON Schemas of the reports, made from the models that write them."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from brainstem_app.reports.change.model import ChangeReport
from brainstem_app.reports.cohort.model import CohortReport
from brainstem_app.reports.cohort.saved_reference import ReferenceGroup
from brainstem_app.reports.evaluation.model import EvaluationReport
from brainstem_app.reports.retest.model import RetestReport
from brainstem_app.reports.scan.model import Report

#: Model of each report by the name of its file without ``.json``; the copies that ship lie in
#: ``resources/report/`` as ``NAME.schema.json``.
PUBLISHED: dict[str, type[BaseModel]] = {
    "report": Report,
    "metrics": EvaluationReport,
    "cohort": CohortReport,
    "reference": ReferenceGroup,
    "retest": RetestReport,
    "change": ChangeReport,
}


def report_schema(name: str) -> str:
    """JSON text of the schema of one of the `PUBLISHED` reports, draft 2020-12."""
    model = PUBLISHED[name]
    form, _, version = str(model.model_fields["schema_name"].default).partition("/")
    schema = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:brainstem-app:{form}:{version}",
        **model.model_json_schema(mode="serialization", schema_generator=_Written),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


class _Written(GenerateJsonSchema):
    """Every field is in every file, those with a default too."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Say that it is."""
        return True
