"""Files that take their name only once they are whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kerasmodels.arguments import require_path
from kerasmodels.errors import ModelError

#: Prefix of the folder, beside a file, in which it is written before it replaces the old one.
WRITING = ".writing-"


@contextmanager
def replaced_file(path: str | Path, ending: str, kind: str) -> Iterator[Path]:
    """Give a file to write; it replaces the one that is asked for in one step, if nothing went wrong.

    Parameters
    ----------
    path : str or Path
        File to write, in a folder that is there.
    ending : str
        What its name ends in.
    kind : str
        What it is a name for, as in "a Keras archive".

    Raises
    ------
    ModelError
        If the name ends otherwise, its folder is not there, or it is a folder itself.
    """
    path = require_path("path", path)
    if path.suffix != ending:
        raise ModelError(f"{path.name} is no name for {kind}.", f"End it in {ending}.")
    if not path.parent.is_dir():
        raise ModelError(
            f"There is no folder {path.parent} to write {path.name} into.", "Make the folder first."
        )
    if path.is_dir():
        raise ModelError(f"{path} is a folder.", "Give the name of a file.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=WRITING) as folder:
        part = Path(folder) / path.name
        yield part
        os.replace(part, path)  # noqa: PTH105 - the point is the one system call
