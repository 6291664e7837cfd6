"""Copy a study to another folder, whole or not at all: what “Save the study as” does.

A copy that was ended from outside is known by its mark, and goes on where it stopped. What a job changes in
the study meanwhile is copied again at the end. A copy to hand on (`share`) goes through `share_study`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.imaging.atomic import TEMPORARY_NAME, atomic_path, write_text
from brainstem_app.jobs.folder import CANCEL_FILE, PROCESS_FILE
from brainstem_app.jobs.job import CopyStudyJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.share_study import Sharing
from brainstem_app.locks.lock_file import INNER_LOCK, LOCK_ENDING
from brainstem_app.plain_name import require_folder_name
from brainstem_app.study.people_reports import REPORTS_FOLDER
from brainstem_app.study.segmentations import result_folders
from brainstem_app.study.study import STUDY_FILE, Study

MARK_FILE = "copying.txt"
#: Files that make a folder a study: copied last, so that half a copy is none.
_LAST = ("window.json", "study.json")
_PASSES = 3
#: Room that is left on the disk beside the copy.
_SPARE_BYTES = 32 * 2**20
# FAT keeps times to two seconds.
_CLOCK_S = 2.5
_NOT_COPIED = frozenset({PROCESS_FILE, CANCEL_FILE, MARK_FILE})


def copy_study(job: CopyStudyJob, reporter: Reporter) -> Summary:
    """Copy every file of the study `job.study` into `job.out`, a new or empty folder.

    Raises
    ------
    InputError
        If the study is gone, the folder is not empty or lies inside the study, or the disk has no room.
    BrainstemError
        If a file cannot be copied; what was copied by then is removed.
    JobCancelled
        If the user cancels; what was copied by then is removed.
    """
    source, target = job.study.resolve(), job.out.resolve()
    require_folder_name(target, "a study")
    _require_target(source, target)
    sharing = Sharing.of(source) if job.share else None
    files = _files(source, sharing)
    _require_room(files, target)
    try:
        target.mkdir(parents=True, exist_ok=True)
        write_text(target / MARK_FILE, str(source))
        _copy(files, source, target, sharing, reporter)
        if sharing is not None:
            sharing.finish(target, reporter)
            _say_results_stay(source, reporter)
        (target / MARK_FILE).unlink()
        sizes = [path.stat().st_size for path in _paths(target)]
    except BrainstemError:
        _remove(files, target)
        raise
    except OSError as error:
        _remove(files, target)
        raise _not_copied(error, source, target) from error
    reporter.artifact("study", target)
    return {"files": len(sizes), "bytes": sum(sizes), "folder": str(target)}


def _say_results_stay(study: Path, reporter: Reporter) -> None:
    """Say that a copy to hand on holds no results: their reports name files, people speak in them."""
    if result_folders(study) or (study / REPORTS_FOLDER).is_dir():
        reporter.warn(
            "The results of scans, what was said of them, and the reports on groups, repeatability and "
            "change are left out of a copy to hand on.",
            study,
            "Give on the volumes and label maps of an export too, if others may have them.",
        )


@dataclass(frozen=True)
class _File:
    """A file of the study: path in it, bytes in the copy (None: not known), seconds when it was changed."""

    path: Path
    size: int | None
    changed: float


def _files(source: Path, sharing: Sharing | None) -> tuple[_File, ...]:
    """Files of a study, those that make it one last."""
    found = []
    for path in _paths(source):
        with suppress(FileNotFoundError):
            state, name = path.stat(), path.relative_to(source)
            if sharing is None or sharing.takes(name):
                is_rewritten = sharing is not None and sharing.rewrites(name)
                found.append(_File(name, None if is_rewritten else state.st_size, state.st_mtime))
    return tuple(sorted(found, key=lambda file: (str(file.path) in _LAST, str(file.path))))


def _paths(folder: Path) -> Iterator[Path]:
    """Paths of all files in a folder; folders that are links, to another disk say, are gone into once."""
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [
            name
            for name in folders
            if not TEMPORARY_NAME.fullmatch(name) and os.path.realpath(Path(place, name)) not in seen
        ]
        seen.update(os.path.realpath(Path(place, name)) for name in folders)
        for name in names:
            is_lock = name.startswith(".") and name.endswith(LOCK_ENDING)
            if name not in _NOT_COPIED and not is_lock and not TEMPORARY_NAME.fullmatch(name):
                yield Path(place, name)


def _copy(
    files: tuple[_File, ...], source: Path, target: Path, sharing: Sharing | None, reporter: Reporter
) -> None:
    """Copy what is missing or changed until nothing is; raises OSError."""
    for _ in range(_PASSES):
        left = [file for file in files if _differs(file, target / file.path)]
        total = sum(file.size or 0 for file in left)
        done = 0
        for file in left:
            reporter.progress(done, max(1, total), f"copying {file.path.as_posix()}")
            _copy_file(source / file.path, target / file.path, file.path, sharing)
            done += file.size or 0
        files = _files(source, sharing)
        if not any(_differs(file, target / file.path) for file in files):
            break


def _copy_file(source: Path, target: Path, name: Path, sharing: Sharing | None) -> None:
    try:
        with atomic_path(target) as temporary:
            if sharing is not None and sharing.rewrites(name):
                temporary.write_text(sharing.rewritten(source, name), encoding="utf-8")
            else:
                shutil.copyfile(source, temporary)
            state = source.stat()
            # Some network disks keep no times: then the file is only newer than it was.
            with suppress(OSError):
                os.utime(temporary, (state.st_atime, state.st_mtime))
    except FileNotFoundError:
        if source.exists() or not source.parent.parent.exists():
            raise
        # A job has removed it meanwhile.
        target.unlink(missing_ok=True)


def _differs(file: _File, copy: Path) -> bool:
    try:
        state = copy.stat()
    except FileNotFoundError:
        return True
    return file.size not in {None, state.st_size} or file.changed > state.st_mtime + _CLOCK_S


def _require_target(source: Path, target: Path) -> None:
    fix = "Choose a new or an empty folder."
    if not (source / STUDY_FILE).is_file():
        Study.open(source)  # says what is wrong
    if target == source or source in target.parents:
        raise InputError("A study cannot be copied into itself.", target, "Choose a folder outside of it.")
    if target.exists() and not target.is_dir():
        raise InputError("There is a file of this name.", target, fix)
    there = {path.name for path in target.iterdir()} - {INNER_LOCK} if target.is_dir() else set()
    if there and not _was_begun(source, target):
        raise InputError("The folder for the copy is not empty.", target, fix)


def _was_begun(source: Path, target: Path) -> bool:
    """Whether a folder holds a copy of this study that was ended from outside."""
    try:
        return (target / MARK_FILE).read_text(encoding="utf-8") == str(source)
    except OSError:
        return False


def _require_room(files: tuple[_File, ...], target: Path) -> None:
    needed = sum(file.size or 0 for file in files if _differs(file, target / file.path)) + _SPARE_BYTES
    place = next(folder for folder in (target, *target.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise InputError(
            f"There is no room for the copy: it needs {_size(needed)}, {_size(free)} are free.",
            target,
            "Choose a folder on another disk, or make room on this one.",
        )


def _not_copied(error: OSError, source: Path, target: Path) -> BrainstemError:
    reason = error.strerror or str(error)
    where = str(error.filename or target)
    if not source.is_dir():
        return BrainstemError(
            "The study is not there any more; the copy was not finished.", source, "Connect its drive again."
        )
    return BrainstemError(
        f"The study could not be copied: {reason}.",
        where,
        "Make room or choose another folder, and try again.",
    )


def _remove(files: tuple[_File, ...], target: Path) -> None:
    """Remove what was copied; a folder that others have put something into stays, with that."""
    for path in (*(file.path for file in files), Path(MARK_FILE)):
        with suppress(OSError):
            (target / path).unlink(missing_ok=True)
    for place, _folders, _names in os.walk(target, topdown=False):
        with suppress(OSError):
            Path(place).rmdir()


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"
