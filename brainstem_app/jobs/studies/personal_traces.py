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
        OSError, EOFError, zlib.error, zipfile.BadZipFile
            If it cannot be read or unpacked.
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


def _contents(content: bytes) -> Iterator[bytes]:
    """Content as it is, and what is packed in it, whatever the file is called."""
    yield content
    if content.startswith(_GZIP):
        yield from _contents(gzip.decompress(content))
    elif content.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for member in package.infolist():
                yield member.filename.encode()
                yield from _contents(package.read(member))
    elif content.startswith(_PDF):
        for stream in _STREAM.findall(content):
            yield zlib.decompressobj().decompress(stream) if stream[:1] == b"\x78" else stream
