"""Commands about atlases: list, build, import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from brainstem_app.cli.options import AsJson, Debug, make_job
from brainstem_app.cli.show import run_and_show
from brainstem_app.counting import counted
from brainstem_app.jobs.job import BuildAtlasJob, ImportAtlasJob

app = typer.Typer(help="List, build and import atlases.", no_args_is_help=True)


@app.command("list")
def list_them() -> None:
    """List the atlases: name, version, number of nuclei."""
    from brainstem_app.atlas.library import list_atlases, load_atlas

    for name in list_atlases():
        atlas = load_atlas(name)
        typer.echo(f"{atlas.name}\tversion {atlas.version}\t{counted(len(atlas.table.nuclei), 'nucleus')}")


@app.command()
def build(
    recipe: Annotated[
        Path,
        typer.Argument(metavar="RECIPE", help="A recipe (TOML file)."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the atlas; among your own atlases if not given.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder with the source atlases; the recipe's if not given.")
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Build an atlas from a recipe."""
    run_and_show(make_job(BuildAtlasJob, recipe=recipe, out=out, data=data), as_json=as_json, debug=debug)


@app.command("import")
def import_(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|FILE",
            help="A folder of masks or probability maps, one NIfTI file a structure; or a label map.",
        ),
    ],
    name: Annotated[str, typer.Option(help="Name of the atlas; made from the folder's if not given.")] = "",
    table: Annotated[
        Path | None,
        typer.Option(
            help="What the numbers of a label map mean: FSL XML, ITK-SNAP, FreeSurfer, CSV, TSV or JSON."
        ),
    ] = None,
    space: Annotated[
        str,
        typer.Option(
            help="What it was drawn on: MNI152NLin2009aSym (the program's own), MNI152NLin2009cAsym, "
            "MNI152NLin6Asym, …; overlaid as it is."
        ),
    ] = "",
    template: Annotated[
        Path | None, typer.Option(help="T1 image it was drawn on, to be registered to the program's.")
    ] = None,
    threshold: Annotated[float, typer.Option(help="Least probability.")] = 0.5,
    least_inside: Annotated[
        float, typer.Option(help="Leave out what lies in the brainstem with less than this share.")
    ] = 0.5,
    split_sides: Annotated[
        bool, typer.Option("--split-sides", help="Make pairs of structures that lie on both sides.")
    ] = False,
    leave_out_unnamed: Annotated[
        bool,
        typer.Option(
            "--leave-out-unnamed", help="Leave out numbers or volumes that the table does not name."
        ),
    ] = False,
    licence: Annotated[str, typer.Option(help="Licence of the maps.")] = "not stated",
    citation: Annotated[str, typer.Option(help="What to cite.")] = "not stated",
    regions: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER|FILE",
            help="Regions that divide the brainstem, as midbrain, pons and medulla: maps or a label map.",
        ),
    ] = None,
    regions_table: Annotated[
        Path | None, typer.Option(help="What the numbers of a label map of regions mean.")
    ] = None,
    atlas_version: Annotated[str, typer.Option(help="Version of the atlas.")] = "1",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the atlas; among your own atlases if not given.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the atlas of that name that is there.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Make an atlas of a lab's own maps: clipped to the brainstem, overlaps to the more probable."""
    job = make_job(
        ImportAtlasJob,
        source=source,
        name=name,
        table=table,
        space=space,
        template=template,
        threshold=threshold,
        least_inside=least_inside,
        split_sides=split_sides,
        leave_out_unnamed=leave_out_unnamed,
        licence=licence,
        citation=citation,
        regions=regions,
        regions_table=regions_table,
        atlas_version=atlas_version,
        out=out,
        replace=replace,
    )
    run_and_show(job, as_json=as_json, debug=debug)
    if not as_json:
        _show_structures(job)


def _show_structures(job: ImportAtlasJob) -> None:
    """Print the table of what was made, each volume beside the one it had in the source."""
    import numpy as np

    from brainstem_app.atlas.library import load_atlas, source_volumes_of
    from brainstem_app.jobs.import_atlas import name_from

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
