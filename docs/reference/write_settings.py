"""Write settings.md beside this file: every setting of every job, from the fields of its model."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.registry import KINDS
from brainstem_app.setting import Setting, SettingKind, settings_of

HEAD = """# Settings

What each job can be told. *In a file* is the name in a job file (`config.json` of a run, `--config` of
`train`, the settings of a grid); a dot leads into a group: `"input": {"size": 128}`. *On the command line* is
the option, or, in capitals, the argument. The window's forms show the same settings under the first name.

The page is written by `docs/reference/write_settings.py` from the models in `brainstem_app/jobs/kinds/`:
nothing else says what a setting is.
"""
_KINDS = {
    SettingKind.WHOLE: "whole number",
    SettingKind.NUMBER: "number",
    SettingKind.SWITCH: "yes or no",
    SettingKind.NUMBERS: "whole numbers",
    SettingKind.LINES: "texts",
    SettingKind.PATH: "path",
    SettingKind.PATHS: "paths",
    SettingKind.TEXT: "text",
}
_LIMITS = {
    "ge": "≥ {:g}",
    "gt": "> {:g}",
    "le": "≤ {:g}",
    "lt": "< {:g}",
    "multiple_of": "a multiple of {:g}",
}
_MOST_CHOICES = 9
TABLE = "| name | in a file | on the command line | value | default | |\n|---|---|---|---|---|---|\n"


def section(kind: str, model: type[BaseModel], command: str) -> str:
    """Return the table of one job's settings as Markdown; empty if it has none."""
    settings = settings_of(model, as_options=True)
    if not settings:
        return ""
    return f"## {kind}\n\n`brainstem-app {command}`\n\n{TABLE}" + "\n".join(row(one) for one in settings)


def row(one: Setting, option: str = "") -> str:
    """Return one setting as a row."""
    option = option or one.argument or one.option
    cells = (
        one.label,
        f"`{one.name}`",
        f"`{option.replace('|', ' or ')}`",
        value(one),
        default(one),
        one.help,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def cluster() -> str:
    """Return the table of what a cluster is asked for."""
    rows = (row(one, f"--slurm {one.name}=…") for one in settings_of(SlurmSettings))
    return f"## slurm\n\nWhat each task asks a cluster for.\n\n{TABLE}" + "\n".join(rows)


def value(one: Setting) -> str:
    """Say what a setting may be."""
    if one.pairs or one.by_name:
        return "see [slurm](#slurm)" if one.pairs else "name or file"
    if one.choices:
        few = len(one.choices) <= _MOST_CHOICES
        return (
            ", ".join(f"`{choice}`" for choice in one.choices) if few else f"one of {len(one.choices)} names"
        )
    limits = [_LIMITS[name].format(limit) for name, limit in one.limits.items()]
    return ", ".join([_KINDS[one.kind], *limits]) + (f" ({one.unit})" if one.unit else "")


def default(one: Setting) -> str:
    """Say what holds where a setting is not given."""
    if one.required:
        return "must be given"
    if one.kind is SettingKind.SWITCH:
        return "yes" if one.default else "no"
    if one.default in (None, "", (), Path()) or isinstance(one.default, BaseModel):
        return one.empty
    values = one.default if isinstance(one.default, tuple) else (one.default,)
    return f"`{', '.join(map(str, values))}`"


def page() -> str:
    """Return the whole page."""
    kinds = {name: kind.model for name, kind in KINDS.items()}
    sections = [section(name, model, model.command) for name, model in kinds.items() if model.command]
    return "\n\n".join(filter(None, [HEAD.strip(), *sections, cluster()])) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("settings.md").write_text(page(), encoding="utf-8")
