"""Commands about atlases: list, import; the others are those of jobs."""

from __future__ import annotations

from typing import Any

import typer

from brainstem_app.cli.options import add_command
from brainstem_app.counting import counted
from brainstem_app.jobs.job import ImportAtlasJob
from brainstem_app.plain_text import printable

app = typer.Typer(help="List, build and import atlases.", no_args_is_help=True)


@app.command("list")
def list_them() -> None:
    """List the atlases: name, version, number of nuclei."""
    from brainstem_app.atlas.library import list_atlases, load_atlas

    for name in list_atlases():
        atlas = load_atlas(name)
        named = printable(f"{atlas.name}\tversion {atlas.version}")
        typer.echo(f"{named}\t{counted(len(atlas.table.nuclei), 'nucleus')}")


def _show_imported(job: ImportAtlasJob, values: dict[str, Any]) -> None:
    if not values["as_json"]:
        _show_structures(job)


def _show_structures(job: ImportAtlasJob) -> None:
    """Print the table of what was made, each volume beside the one it had in the source."""
    import numpy as np

    from brainstem_app.atlas.library import load_atlas, source_volumes_of
    from brainstem_app.jobs.atlases.import_atlas import name_from

    atlas = load_atlas(job.out or job.name or name_from(job.source))
    before = source_volumes_of(atlas)
    counts = np.bincount(atlas.labels.ravel(), minlength=atlas.table.n_classes)
    width = max(len(s.name) for s in atlas.table.structures)
    head = f"{'index':>5}  {'name':{width}}  {'side':8}  {'source mm3':>10}  {'mm3':>7}  {'change':>7}"
    typer.echo(f"{head}  reliability")
    for s in atlas.table.structures[1:]:
        volume = int(counts[s.index])  # voxels of 1 mm³
        source = before.get(s.name)
        was = "-" if source is None else f"{source:.1f}"
        change = f"{100 * (volume / source - 1):+.1f} %" if source else "-"
        grade = s.reliability or "-"
        typer.echo(f"{s.index:5}  {s.name:{width}}  {s.side:8}  {was:>10}  {volume:7}  {change:>7}  {grade}")


add_command(app, ImportAtlasJob, after=_show_imported)
