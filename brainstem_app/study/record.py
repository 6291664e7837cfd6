"""Small JSON files of a study: typed, versioned, written atomically."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import clear_leftovers_of, write_text
from brainstem_app.locks.lock_file import locked
from brainstem_app.small_files import read_small
from brainstem_app.validation import input_error
from brainstem_app.written_files import QUALITY_FILE, QUALITY_TABLE, SPLITS_FILE

#: Lock for files of a study that are read, changed and written: the split, the decisions on subjects.
STUDY_LOCK = ".study.lock"
#: Files of a study that are only written by who holds it.
_WRITTEN_SO = (SPLITS_FILE, QUALITY_FILE, QUALITY_TABLE)
_PATIENCE_S = 30.0


@contextmanager
def changing(
    study: Path, doing: str, wait_s: float = _PATIENCE_S, *, also: Path | None = None
) -> Iterator[None]:
    """Hold a study while a file of it is read, changed and written; InUseError if others do for so long.

    Parameters
    ----------
    also : Path, optional
        Another file that is only written so. What killed processes have left half-written of it, and of
        those of the study that are, is removed.
    """
    with locked(study / STUDY_LOCK, f"The study “{study.name}”", study, doing, wait_s):
        clear_leftovers_of(*(study / name for name in _WRITTEN_SO), *([] if also is None else [also]))
        yield


class Record(BaseModel):
    """A pydantic model that lives in one JSON file.

    A field ``schema_name`` with the alias ``schema`` names kind and version, e.g. ``brainstem-study/1``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def save(self, path: Path) -> None:
        """Write the record as indented JSON; the old file stays whole until the new one is."""
        write_text(path, self.model_dump_json(indent=1, by_alias=True) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a record.

        Raises
        ------
        InputError
            If the file is missing, damaged, or of another kind or version.
        """
        try:
            return cls.model_validate_json(read_small(path))
        except FileNotFoundError as error:
            raise InputError(
                f"There is no {path.name}.", path, "Restore it from a copy, or run the same command again."
            ) from error
        except OSError as error:
            raise InputError(
                f"The file cannot be read: {error.strerror}.",
                path,
                "Check the file, and the permissions of its folder.",
            ) from error
        except (ValidationError, UnicodeDecodeError) as error:
            raise InputError(
                f"The file is damaged or was written by another version: {cls._first_problem(error)}",
                path,
                "Restore it from a copy, or delete it and run the same command again.",
            ) from error

    @classmethod
    def _first_problem(cls, error: ValidationError | UnicodeDecodeError) -> str:
        return "it is not text." if isinstance(error, UnicodeDecodeError) else input_error(error, cls).what
