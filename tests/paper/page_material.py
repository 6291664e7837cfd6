"""What the page of the paper is written from: kept cells, sorted by what they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from cell_statistics import (
    Score,
    SeedNoise,
    noise_of_interval,
    score,
    seed_noise,
    seeds_limit,
    summaries,
)
from kept_cells import (
    NONLINEAR,
    SPACE,
    VARIANT,
    Counted,
    Kept,
    grouped,
    read_atlas_alone,
    read_kept,
    with_changes,
)
from packed_cells import ATLAS_ALONE_FILE
from plans import Chosen

from brainstem_app.jobs.many.grids import TABLE_DECODERS, TABLE_LOSSES
from brainstem_app.reports.grid.findings import UNET_TYPE
from brainstem_app.reports.grid.paper import PaperResults, paper_results
from brainstem_app.reports.grid.summary import VariantSummary

#: The paper's own setting, as the program names it.
PAPERS: Mapping[str, Any] = {
    "input.size": 224,
    "epochs": 10,
    "batch_size": 16,
    "learning_rate": 1e-4,
    "schedule": "constant",
    "alpha": 0.1,
    "encoder": "resnet34",
    "encoder_weights": None,
    "augment": "none",
}
#: How often the paper trained each network of its table.
PAPERS_REPEATS = 5
Group = tuple[str, str]
#: Whether a decoder is of the UNet type, which varies far more over seeds, and the loss.
Kind = tuple[bool, str]


@dataclass(frozen=True)
class Material:
    """Everything that was trained, and the paper's numbers.

    Attributes
    ----------
    chosen : Chosen
        The one setting of Table 1.
    cells : tuple of Kept
        Every finished cell.
    small : Material or None
        What was trained at a smaller setting, where the table's takes too long: read what one change does
        from it, never a height beside the table's.
    repeated : Material or None
        Of a smaller setting: the table, whose repeats tell what other seeds give.
    atlas_alone : Counted or None
        What the atlas gives without a network, on the same subjects.
    """

    chosen: Chosen
    cells: tuple[Kept, ...]
    small: Material | None = None
    repeated: Material | None = None
    atlas_alone: Counted | None = None

    @classmethod
    def read(cls, folder: Path) -> Material:
        """Read ``cells``, ``variants`` and ``cells-nonlinear`` of a folder, and the same of its ``small``."""
        own = replace(cls._read_setting(folder), atlas_alone=read_atlas_alone(folder / ATLAS_ALONE_FILE))
        small = cls._read_setting(folder / "small")
        return replace(own, small=replace(small, repeated=own) if small.cells else None)

    @classmethod
    def _read_setting(cls, folder: Path) -> Material:
        chosen = Chosen.of(folder)
        found = [*read_kept(folder / "cells", chosen), *read_kept(folder / "variants", chosen)]
        return cls(chosen, (*found, *read_kept(folder / "cells-nonlinear", chosen, **{SPACE: NONLINEAR})))

    def where(self, *names: str, decoder: str = "") -> Material:
        """Return the setting at which one of these was changed alone: this one, else the smaller one.

        Parameters
        ----------
        names : str
            Settings.
        decoder : str
            Whose cells count; everybody's if empty.
        """
        for own in (self, self.small):
            changed = [cell for name in names for cell in own.changed(name)] if own else []
            if own and any(decoder in ("", cell.decoder) for cell in changed):
                return own
        return self

    @property
    def paper(self) -> PaperResults:
        """The paper's numbers."""
        return paper_results()

    @cached_property
    def table(self) -> dict[Group, list[Kept]]:
        """Cells of Table 1 by decoder and loss, in its order."""
        found = grouped(with_changes(self.cells), "decoder", "loss")
        order = [(decoder, loss) for decoder in TABLE_DECODERS for loss in TABLE_LOSSES]
        return {group: found[group] for group in order if group in found}

    @cached_property
    def scores(self) -> dict[Group, Score]:
        """Scores of Table 1."""
        return {group: score(cells) for group, cells in self.table.items()}

    @cached_property
    def summaries(self) -> tuple[VariantSummary, ...]:
        """Combinations of Table 1 as the report of a comparison has them."""
        return summaries(cell for cells in self.table.values() for cell in cells)

    @cached_property
    def decoders(self) -> dict[str, list[Kept]]:
        """Cells of the DiceCE column by decoder, the best first."""
        column = {decoder: cells for (decoder, loss), cells in self.table.items() if loss == "dicece"}
        best = sorted(column, key=lambda name: -self.scores[name, "dicece"].mean)
        return {name: column[name] for name in best}

    @cached_property
    def own_noise(self) -> dict[Kind, SeedNoise]:
        """What other seeds give by our repeats alone, those of the table and of this setting."""
        tables = [self.table] + ([self.repeated.table] if self.repeated else [])
        found: dict[Kind, list[list[Kept]]] = {}
        for groups in tables:
            for (decoder, loss), cells in groups.items():
                found.setdefault((decoder in UNET_TYPE, loss), []).append(cells)
        return {kind: seed_noise(groups) for kind, groups in found.items()}

    @cached_property
    def papers_noise(self) -> dict[Kind, SeedNoise]:
        """What other seeds gave in the paper, by its intervals over repeats."""
        found: dict[Kind, list[SeedNoise]] = {}
        for decoder, row in self.paper.table1.items():
            for loss in TABLE_LOSSES:
                if isinstance(told := row.get(loss), tuple):
                    kind = decoder in UNET_TYPE, loss
                    found.setdefault(kind, []).append(noise_of_interval(told[1], PAPERS_REPEATS))
        return {kind: SeedNoise.pooled(parts) for kind, parts in found.items()}

    def noise(self, kind: Kind) -> SeedNoise:
        """What other seeds give: our repeats and the paper's together, by their degrees of freedom."""
        both = (self.own_noise.get(kind), self.papers_noise.get(kind))
        return SeedNoise.pooled(part for part in both if part is not None)

    def seeds_limit(self, first: Sequence[Kept], second: Sequence[Kept]) -> float:
        """Difference of the means of two groups of repeats that seeds alone exceed in one of twenty cases.

        By decoder and loss; encoders, spaces and what else was changed count as the decoder they are of.
        """
        one, other = (self.noise((cells[0].decoder in UNET_TYPE, cells[0].loss)) for cells in (first, second))
        return seeds_limit(one, len(first), other, len(second))

    @cached_property
    def theirs(self) -> dict[Group, float]:
        """Mean of all classes in the paper's Table 1."""
        found = {}
        for decoder in TABLE_DECODERS:
            for loss in TABLE_LOSSES:
                result = self.paper.result(
                    {"decoder": decoder, "loss": loss, "encoder": "resnet34", "alpha": 0.1}
                )
                if result is not None:
                    found[decoder, loss] = result[0]
        return found

    @cached_property
    def papers_setting(self) -> dict[str, list[Kept]]:
        """Cells trained as in the paper, with DiceCE, by decoder."""
        same = [
            cell
            for cell in self.cells
            if cell.loss == "dicece"
            and not {VARIANT, SPACE} & set(cell.changes)
            and all(cell.settings.get(name) == value for name, value in PAPERS.items())
        ]
        return {decoder: cells for (decoder,), cells in grouped(same, "decoder").items()}

    def changed(self, *names: str, loss: str = "dicece") -> list[Kept]:
        """Cells in which exactly these settings are not those of Table 1, with one loss."""
        return [cell for cell in with_changes(self.cells, *names) if cell.loss == loss]

    def with_base(self, name: str, decoders: Sequence[str]) -> dict[tuple[str, Any], list[Kept]]:
        """Cells in which a setting alone differs, and those of Table 1 of the same decoders, by both."""
        own = [cell for cell in self.changed(name) if cell.decoder in decoders]
        changed = {cell.decoder for cell in own}
        base = [cell for decoder in changed for cell in self.decoders.get(decoder, [])]
        found = grouped([*base, *own], "decoder", name)
        keys = sorted(found, key=lambda key: (decoders.index(key[0]), key[1] is not None, key[1]))
        return {(str(key[0]), key[1]): found[key] for key in keys}
