"""The notice of an atlas: sources, licences, citations, changes."""

from __future__ import annotations

from brainstem_app.atlas.recipe import Recipe


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
        "The fused map as a whole is under the GNU General Public License, version 3: one of its sources is "
        "under it, the others allow it with attribution (CC BY 4.0). The CC BY 4.0 licence is at "
        "<https://creativecommons.org/licenses/by/4.0/>.",
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
