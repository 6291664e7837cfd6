"""Words that a file may not hold, looked for in every byte of it, and in what is packed in it."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_GZIP, _ZIP, _PDF = b"\x1f\x8b", b"PK\x03\x04", b"%PDF"
#: No file of a study unpacks to more, or is packed more often than a checkpoint: one archive in another.
_MOST_BYTES, _DEEPEST = 2**31, 8
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)


@dataclass(frozen=True)
class PersonalTraces:
    """Words that tell where a file comes from.

    Attributes
    ----------
    pattern : re.Pattern of bytes
        Any of them, in the spellings of text, JSON, HTML, UTF-16 and NumPy; a word of letters and digits
        alone only where it stands by itself.
    """

    pattern: re.Pattern[bytes]

    @classmethod
    def of_words(cls, words: Iterable[str]) -> Self:
        """Make them of words, at least one of them not empty."""
        given = {word for word in words if word}
        # What lies in a folder that is looked for is found with it: large files are searched once a word.
        paths = {word for word in given if not _is_plain(word)}
        fewest = {word for word in given if not any(path != word and path in word for path in paths)}
        return cls(re.compile(b"|".join(sorted({form for word in fewest for form in _spellings(word)}))))

    def found_in(self, path: Path) -> bool:
        """Whether a file has one of the words in its content.

        Raises
        ------
        OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile
            If it cannot be read or unpacked, or unpacks to more than is searched.
        """
        return any(self.pattern.search(content) for content in _contents(path.read_bytes()))


def _is_plain(word: str) -> bool:
    return re.fullmatch(r"\w+", word) is not None


def _spellings(word: str) -> Iterator[bytes]:
    texts = {word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1], html.escape(word)}
    for text in texts:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
            spelt = re.escape(text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "replace"))
            yield rb"(?<![0-9A-Za-z])" + spelt + rb"(?![0-9A-Za-z])" if _is_plain(word) else spelt


def _contents(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """Content as it is, and what is packed in it, whatever the file is called."""
    yield content
    if depth > _DEEPEST:
        raise ValueError("it is packed too often")
    if content.startswith(_GZIP):
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            yield from _contents(_modest(packed.read(_MOST_BYTES + 1)), depth + 1)
    elif content.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for member in package.infolist():
                yield member.filename.encode()
                with package.open(member) as opened:
                    yield from _contents(_modest(opened.read(_MOST_BYTES + 1)), depth + 1)
    elif content.startswith(_PDF):
        for stream in _STREAM.findall(content):
            is_packed = stream[:1] == b"\x78"
            yield _modest(zlib.decompressobj().decompress(stream, _MOST_BYTES + 1)) if is_packed else stream


def _modest(content: bytes) -> bytes:
    if len(content) > _MOST_BYTES:
        raise ValueError("it unpacks to more than is searched")
    return content
