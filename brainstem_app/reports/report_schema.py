"""The published JSON Schema of ``report.json``, made from the model that writes it."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from brainstem_app.reports.report_model import Report

SCHEMA_FILE_NAME = "report.schema.json"


def report_schema() -> str:
    """JSON text of the schema, draft 2020-12; the copy that ships lies in ``resources/report/``."""
    schema = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": "urn:brainstem-app:brainstem-report:1",
        **Report.model_json_schema(mode="serialization", schema_generator=_Written),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


class _Written(GenerateJsonSchema):
    """Every field is in every file, those with a default too."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Say that it is."""
        return True
