"""The notice of an atlas: sources, licences, citations, changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brainstem_app.atlas.building.recipe import Recipe


def write_notice(recipe: Recipe) -> str:
    """Notice of an atlas in Markdown, from its recipe."""
    lines = [
        f"# Atlas {recipe.name}, version {recipe.version} ({recipe.date})",
        "",
        "A label map fused from the atlases below. They were changed: laid on the ICBM 2009a nonlinear "
        "symmetric template (`atlas.json` says which were moved, and how far), made left–right symmetric, "
        "thresholded, corrected, clipped to the brainstem and put together as `recipe.toml` says. No author "
        "of a source endorses the result. No expert drew these labels on a scan of yours.",
        "",
        f"Licence of the fused map as a whole: {recipe.licence}. {recipe.licence_why}".rstrip(),
        "",
    ]
    for source in recipe.source:
        used = ", ".join(s.name for s in recipe.structure if s.source == source.id)
        lines += [
            f"## {source.title}",
            "",
            f"- Used for: {used or 'nothing'}",
            f"- Licence: {source.licence}",
            f"- Space: {source.space}",
            f"- Cite: {source.citation}",
            "",
        ]
    return "\n".join(lines)


def write_import_notice(name: str, version: str, source: Mapping[str, Any], date: str) -> str:
    """Notice of an imported atlas in Markdown; `source` is its entry in ``atlas.json``."""
    return "\n".join(
        [
            f"# Atlas {name}, version {version} ({date})",
            "",
            "A label map made from the maps of a lab's own atlas. They were changed: pulled onto the ICBM "
            "2009a nonlinear symmetric template, thresholded, clipped to the brainstem, overlaps given to "
            "the more probable structure; the rest of the brainstem is white and grey matter. No author of "
            "the source endorses the result. No expert drew these labels on a scan of yours.",
            "",
            f"## {source['title']}",
            "",
            f"- Licence: {source['licence']}",
            f"- Space: {source['space']}. {source['registration']['why']}",
            f"- Cite: {source['citation']}",
            f"- SHA-256 of its {source['files']} file(s): {source['sha256']}",
            "",
        ]
    )
