"""Reach of locks: whether those of a file system hold for every computer that has it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

#: Network file systems, by the options of a mount under which locks hold on one computer alone.
_SHARED: dict[str, frozenset[str]] = {
    "nfs": frozenset({"nolock", "local_lock=all", "local_lock=flock"}),
    "nfs4": frozenset({"nolock", "local_lock=all", "local_lock=flock"}),
    "cifs": frozenset({"nobrl"}),
    "smb3": frozenset({"nobrl"}),
    "ceph": frozenset(),
    "gpfs": frozenset(),
    "gfs2": frozenset(),
    "ocfs2": frozenset(),
}
#: Those on which an option has to say that locks hold everywhere.
_SHARED_IF: dict[str, str] = {"lustre": "flock"}
#: Those that may be on several computers, and of whose locks nothing is known.
_UNSURE = re.compile(r"fuse\..*|9p|virtiofs|afs|beegfs.*|orangefs|pvfs2|panfs|davfs")
_OCTAL = re.compile(r"\\([0-7]{3})")


def locks_reach_everyone(folder: Path) -> bool:
    """Whether a lock of the operating system in this folder is seen by all who can write there.

    True for disks of this computer, and for network disks whose locks are the server's. On Windows and macOS
    locks are taken for the server's.
    """
    if not sys.platform.startswith("linux"):
        return True
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return True
    return _reaches(*_mount_of(os.path.realpath(folder), mounts))


def _reaches(kind: str, options: frozenset[str]) -> bool:
    if kind in _SHARED:
        return not options & _SHARED[kind]
    if kind in _SHARED_IF:
        return _SHARED_IF[kind] in options
    return not _UNSURE.fullmatch(kind)


def _mount_of(folder: str, mounts: str) -> tuple[str, frozenset[str]]:
    """File system and options of the mount that a folder is on; the last counts (mountinfo of proc(5))."""
    best, found = -1, ("", frozenset[str]())
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 6 or len(kind) < 3:
            continue
        point = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[4])
        if len(point) >= best and (folder == point or folder.startswith(point.rstrip("/") + "/")):
            options = frozenset((*fields[5].split(","), *kind[2].split(",")))
            best, found = len(point), (kind[0], options)
    return found
