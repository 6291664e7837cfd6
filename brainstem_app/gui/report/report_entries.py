"""Which reports there are: of runs, comparisons, people and segmentations; and the files of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from brainstem_app.counting import counted
from brainstem_app.gui.document.result_model import ResultModel
from brainstem_app.study.segmentations import model_folder, whose_loose_result, words_of_result

#: Of the files of a report, the readable ones first.
ENDINGS = (".html", ".pdf", ".csv", ".xlsx", ".json", ".png")


class ReportKind(StrEnum):
    """What a report is about."""

    RUN = "run"
    COMPARISON = "comparison"
    COHORT = "cohort"
    RETEST = "retest"
    CHANGE = "change"
    SEGMENTATION = "segmentation"


@dataclass(frozen=True)
class ReportEntry:
    """One report.

    Attributes
    ----------
    kind : ReportKind
    name : str
        Of the run, comparison or result folder.
    folder : Path
    files : tuple of Path
        What can be taken away, the readable ones first; empty for a run that was not measured.
    model : ResultModel or None
        That made a segmentation.
    is_edited : bool
        Whether the labels of a segmentation were corrected since the report was written.
    is_rejected : bool
        Whether somebody has rejected a segmentation in its study.
    is_corrected : bool
        Whether its labels were corrected, and the report is of them.
    when : str
        When a scan was segmented that a model has segmented several times; empty else.
    """

    kind: ReportKind
    name: str
    folder: Path
    files: tuple[Path, ...] = ()
    model: ResultModel | None = None
    is_edited: bool = False
    is_rejected: bool = False
    is_corrected: bool = False
    when: str = ""

    @property
    def whose(self) -> str:
        """Whose it is, of a segmentation; else its name. The model is told beside it."""
        model, (whose, _, folder) = self.model, self.name.rpartition("/")
        if self.kind is not ReportKind.SEGMENTATION or model is None:
            return self.name
        if self.is_loose:
            return ", ".join(
                filter(None, (whose_loose_result(model.origin.scan, self.folder.name), self.when))
            )
        return whose if folder == model_folder(model.name, model.version) else self.name

    @property
    def is_loose(self) -> bool:
        """Whether it is of a result outside of a study, where a folder is a name and not a place."""
        return self.kind is ReportKind.SEGMENTATION and "/" not in self.name

    @property
    def words(self) -> str:
        """Its name, of a segmentation whose it is and the model in words."""
        if self.is_loose and self.model is not None:
            return f"{self.whose} · {self.model.title}"
        return self.name if self.whose == self.name else words_of_result(self.name)

    @property
    def title(self) -> str:
        """Its name in words, and what people have said and done of it."""
        is_corrected = self.is_edited or self.is_corrected
        said = ["corrected"] * is_corrected + ["rejected"] * self.is_rejected
        return f"{self.words} ({', '.join(said)})" if said else self.words

    @property
    def page(self) -> Path | None:
        """The page to read."""
        return next((file for file in self.files if file.suffix == ".html"), None)

    @property
    def pdf(self) -> Path | None:
        """The pages to print."""
        return next((file for file in self.files if file.suffix == ".pdf"), None)


def count_of(entries: Sequence[ReportEntry]) -> str:
    """How many reports there are; while there are none, how many runs have none yet."""
    if reports := sum(bool(entry.files) for entry in entries):
        return counted(reports, "report")
    runs = sum(entry.kind is ReportKind.RUN for entry in entries)
    return f"{counted(runs, 'run')} not measured" if runs else ""


def files_of(folder: Path, stem: str) -> tuple[Path, ...]:
    """Files of a report that are there, the readable ones first."""
    wanted = (folder / f"{stem}{ending}" for ending in ENDINGS)
    return tuple(path for path in wanted if path.is_file())
