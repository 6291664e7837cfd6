"""Names that people give and that become folders: of runs, comparisons, models, atlases, studies.

A study travels between computers, so that a name has to be possible on all of them, Windows' too.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from brainstem_app.errors import InputError
from brainstem_app.plain_text import printable

LONGEST_NAME = 100
#: Of the 255 that a name may have in UTF-8; the rest is for what is put before and behind it.
MOST_BYTES = 200
#: Names that Windows keeps for devices, whatever ending follows, also behind spaces.
_DEVICES = re.compile(
    r"(con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])( *\..*)?", re.IGNORECASE
)
_LETTERS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NOT_IN_FOLDERS = re.compile(r"[<>:\"/\\|?*\x00-\x1f\x7f]")
#: Kinds of characters that nobody sees in a name: controls, marks of direction, halves of surrogate pairs, …
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def problem_of(name: str) -> str:
    """Say why a name cannot be given to a new run, comparison or model; empty if it can."""
    if not _LETTERS.fullmatch(name):
        return "only letters (a to z), digits, dots, dashes and underscores may be in it, the first no sign"
    return problem_of_folder(name)


def problem_of_folder(name: str) -> str:
    """Say why a name cannot be that of a folder on every system; empty if it can."""
    if problem := problem_of_part(name):
        return problem
    if _DEVICES.fullmatch(name):
        return "Windows keeps it for a device"
    if name.endswith((".", " ")) or name != name.strip():
        return "it begins or ends with a space, or ends with a dot, which Windows does not keep"
    if len(name) > LONGEST_NAME or _n_bytes(name) > MOST_BYTES:
        length = f"it has {len(name)} letters ({_n_bytes(name)} bytes)"
        return f"{length}; {LONGEST_NAME} ({MOST_BYTES}) are possible"
    if any(unicodedata.category(sign) in _UNSEEN for sign in name):
        return "a character that nobody sees is in it"
    return ""


def problem_of_part(name: str) -> str:
    """Say why a name would lead out of the folder it is in, or to none; empty if it would not.

    For names that a file brings: of folders that are there, whatever they are called.
    """
    if name in {"", ".", ".."}:
        return "it names no folder of its own"
    if found := _NOT_IN_FOLDERS.search(name):
        sign = found.group() if found.group().isprintable() else repr(found.group())
        return f"“{sign}” cannot be in the name of a folder"
    if any(unicodedata.category(sign) == "Cs" for sign in name):
        return "it is no text (bytes that are no UTF-8)"
    return ""


def name_key(name: str) -> str:
    """Return what stays the same of a name where capitals and forms of accents do not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _n_bytes(name: str) -> int:
    return len(name.encode("utf-8", "surrogateescape"))


def folder_name_of(text: str, otherwise: str) -> str:
    """Make of any text, such as the name of a file, one that a folder can have on every system.

    Signs that cannot be in it become an underscore; `otherwise` is taken where nothing is left. Of one that
    is too long the beginning is kept, with a mark that tells it from others that begin so.
    """
    seen = "".join("_" if unicodedata.category(sign) in _UNSEEN else sign for sign in text)
    name = re.sub(f"{_NOT_IN_FOLDERS.pattern}+", "_", seen).strip().rstrip(". ")
    if _n_bytes(name) > MOST_BYTES:
        mark = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = f"{name.encode()[: MOST_BYTES - 9].decode(errors='ignore').rstrip('. ')}-{mark}"
    return _DEVICES.sub(r"\1_\2", name) if _DEVICES.fullmatch(name) else name or otherwise


def require_name(
    name: str,
    of_what: str,
    beside: Path | None = None,
    where: Path | str | None = None,
    *,
    letters: bool = True,
) -> str:
    """Return a name that can be given to a new folder, or is that of one that is there already.

    Parameters
    ----------
    name : str
        The name.
    of_what : str
        What it would be the name of, e.g. "a run".
    beside : Path, optional
        Folder in which it would lie. One of that very name may be there; one that differs by capitals or the
        form of its accents alone may not, since some systems do not tell them apart.
    where : Path, str or None
        The option or file that the name comes from.
    letters : bool
        Whether only plain letters, digits, dots, dashes and underscores may be in it.

    Raises
    ------
    InputError
        If it cannot.
    """
    there = [] if beside is None or not beside.is_dir() else [path.name for path in beside.iterdir()]
    if not problem_of_part(name) and name in there:
        return name
    problem = problem_of(name) if letters else problem_of_folder(name)
    if problem:
        raise InputError(
            f"“{name}” cannot be the name of {of_what}: {problem}.",
            where,
            "Use letters, digits, dots, dashes, underscores, e.g. first-run.",
        )
    if twins := [other for other in there if name_key(other) == name_key(name)]:
        raise InputError(
            f"“{name}” cannot be the name of {of_what}: “{twins[0]}” is there and differs by "
            "capitals or the form of accents alone.",
            (beside or Path()) / twins[0],
            f"Give “{twins[0]}”, or another name.",
        )
    return name


def require_folder_name(folder: Path, of_what: str) -> None:
    """Refuse to make a folder whose name not every system can hold; one that is there already may stay.

    Raises
    ------
    InputError
        If the name of the folder, which is not there yet, cannot be given to one.
    """
    folder = folder.resolve()
    if not folder.exists() and (problem := problem_of_folder(folder.name)):
        raise InputError(
            f"“{folder.name}” cannot be the name of the folder of {of_what}: {problem}.",
            folder,
            "Give the folder another name.",
        )


def require_part(name: str, of_what: str, where: Path | str | None = None) -> str:
    """Return a name that leads to a folder below another and nowhere else; InputError if it does not."""
    if problem := problem_of_part(name):
        raise InputError(f"“{name}” cannot be the name of {of_what}: {problem}.", where, "Correct the name.")
    return name


def require_text_path(path: Path) -> None:
    """Refuse a path with bytes that are no UTF-8: no report, job file or other program could name it.

    Raises
    ------
    InputError
        If it has such bytes.
    """
    if any(unicodedata.category(sign) == "Cs" for sign in str(path)):
        raise InputError(
            "The name of this file or folder is no text (bytes that are no UTF-8).",
            path,
            "Rename it; the file manager shows the letters that are meant by �.",
        )


def _checked(name: str) -> str:
    if problem := problem_of_part(name):
        raise ValueError(f"“{printable(name)}” cannot be the name of a folder: {problem}")
    return name


def _checked_unless_empty(name: str) -> str:
    return _checked(name) if name else name


def _checked_new(name: str) -> str:
    if problem := problem_of(name):
        raise ValueError(f"“{printable(name)}” cannot be a name: {problem}")
    return name


#: A name in a file or a job that must not lead out of its folder.
PartName = Annotated[str, AfterValidator(_checked)]
#: The same, or empty where the program is to find one.
PartNameOrEmpty = Annotated[str, AfterValidator(_checked_unless_empty)]
#: A name in a file or a job that a new folder is to have.
PlainName = Annotated[str, AfterValidator(_checked_new)]
