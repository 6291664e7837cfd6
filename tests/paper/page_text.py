"""Words of the page: tables in Markdown, numbers as they are written, names of decoders and losses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cell_statistics import Score

from brainstem_app.reports.grid.results import DECODER_NAMES, LOSS_NAMES

if TYPE_CHECKING:
    from page_material import Material


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table, and an empty one."""
    return [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows), ""]


def decoder_name(name: str) -> str:
    """Name of a decoder for the reader."""
    return DECODER_NAMES.get(name, name)


def loss_name(name: str) -> str:
    """Name of a loss for the reader."""
    return LOSS_NAMES.get(name, name)


def scored(found: Score | None, *, subjects: bool = False, strong: bool = False) -> str:
    """Mean ± standard deviation over repeats; a dash where nothing was trained."""
    if found is None:
        return "–"
    text = number(found.mean)
    text = f"**{text}**" if strong else text
    text += f" ± {found.deviation:.3f}" if found.deviation is not None else ""
    if subjects and found.subjects is not None:
        text += f"<br>[{found.subjects.low:.3f}, {found.subjects.high:.3f}]"
    return text


def number(value: float | None) -> str:
    """Write a mean IoU."""
    return "–" if value is None else f"{value:.3f}"


def plain(value: float) -> str:
    """Write a correlation."""
    return f"{value:.2f}".replace("-", "−")


def signed(value: float) -> str:
    """Write a difference with its sign."""
    return f"{value:+.3f}".replace("-", "−") if round(value, 3) else "0.000"


def p_value(value: float | None) -> str:
    """Write a p-value."""
    return "–" if value is None else "< .001" if value < 0.001 else f"{value:.3f}".lstrip("0")


def listed(words: Sequence[str]) -> str:
    """Write words as a list within a sentence."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def setting_lines(material: Material) -> list[str]:
    """Say at which setting it was trained if that is not the table's."""
    if material.repeated is None:
        return []
    own, others = material.chosen, material.repeated.chosen
    repeated = [
        f"{decoder_name(name)} unchanged {len(cells)} times"
        for name, cells in material.decoders.items()
        if len(cells) > 1
    ]
    but = f" ({listed(repeated)})" if repeated else ""
    return [
        f"**At a smaller setting**: {own.size} pixels and {own.epochs} epochs instead of {others.size} and "
        f"{others.epochs}, all else as in Table 1, each network once{but}, on a processor; those they are "
        "compared with too. Read the changes, not the heights. *Clear* is as above; what seeds do to a "
        "network that was changed is taken to be what they do to its decoder.",
        "",
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
