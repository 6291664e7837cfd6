"""Pages of the manual in their order, and the search in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from brainstem_app.locations import manual_folder

#: The changes of each version, below the manual's folder.
CHANGES = "CHANGELOG.md"
#: Section of the site that is not for users.
_FOR_DEVELOPERS = "Code"
#: Indentation of what stands at the top of the site's contents.
_TOP = "  "
_ENTRY = re.compile(r"^(?P<indent> *)- (?:(?P<title>[^:\n]+):)? *(?P<path>\S+)?$", re.M)
_HEADING = re.compile(r"^(#{1,4}) (.+)$", re.M)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
_MARKS = re.compile(r"!?\[([^]]*)\]\([^)]*\)|[`*_|]{1,2}(?=\S)|(?<=\S)[`*_|]{1,2}|^[#>|-]+ *", re.M)
_BLANKS = re.compile(r"\s+")
_SNIPPET = 90
_MOST_FOUND = 60


@dataclass(frozen=True)
class ManualPage:
    """A page of the manual.

    Attributes
    ----------
    title : str
    path : str
        Of its file below the manual's folder, with slashes.
    section : str
        Heading of the contents that it stands under; empty for none.
    """

    title: str
    path: str
    section: str = ""


@dataclass(frozen=True)
class Found:
    """A place that a search has found.

    Attributes
    ----------
    page : ManualPage
    heading, anchor : str
        The section of the page, and its name in links; both empty for what stands above the first.
    snippet : str
        The words around.
    """

    page: ManualPage
    heading: str
    anchor: str
    snippet: str


@cache
def manual_pages() -> tuple[ManualPage, ...]:
    """Pages in the order of the site's contents, without those for developers; last what has changed."""
    root, section = manual_folder(), ""
    named: list[tuple[str, str, str]] = []
    for entry in _ENTRY.finditer((root / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]):
        title, path = (entry["title"] or "").strip(), entry["path"] or ""
        section = section if entry["indent"] != _TOP else ("" if path else title)
        named.append((section, title, path))
    taken = {path for _, _, path in named}
    pages: list[ManualPage] = []
    for section, title, path in named:
        folder = root / "docs" / path
        unnamed = sorted(folder.glob("*.md")) if path.endswith("/") else []
        files = [file for file in unnamed if f"{path}{file.name}" not in taken] or [folder]
        if section != _FOR_DEVELOPERS:
            pages += [_page(file, title, section) for file in files if file.is_file()]
    return (*pages, ManualPage("What's new", CHANGES))


def page_at(path: str) -> ManualPage | None:
    """Return the page of a file below the manual's folder; None if it is not in the manual."""
    return next((page for page in manual_pages() if page.path == path), None)


def text_of(page: ManualPage) -> str:
    """Markdown of a page."""
    return (manual_folder() / page.path).read_text(encoding="utf-8")


def anchor_of(heading: str) -> str:
    """Name of a heading in links, as the site and GitHub make it."""
    words = re.sub(r"[^\w\- ]", "", plain(heading).casefold())
    return words.strip().replace(" ", "-")


def plain(markdown: str) -> str:
    """Words of a piece of Markdown without its marks, on one line."""
    return _BLANKS.sub(" ", _MARKS.sub(lambda mark: mark[1] or "", markdown)).strip()


def search(words: str) -> list[Found]:
    """Sections that hold all words, in whatever letters; headings that hold them come first."""
    wanted = words.casefold().split()
    if not wanted:
        return []
    found: list[tuple[int, int, Found]] = []
    for number, (page, heading, text) in enumerate(_sections()):
        low, head = text.casefold(), f"{page.title} {heading}".casefold()
        if not all(word in low or word in head for word in wanted):
            continue
        in_head = sum(word in head for word in wanted)
        if not any(word in low for word in wanted) and heading:
            in_head += sum(word in heading.casefold() for word in wanted)
        anchor = anchor_of(heading) if heading else ""
        found.append((-in_head, number, Found(page, heading, anchor, _snippet(text, wanted))))
    return [one for _, _, one in sorted(found, key=lambda row: row[:2])[:_MOST_FOUND]]


def _page(file: Path, title: str, section: str) -> ManualPage:
    return ManualPage(title or _title_of(file), file.relative_to(manual_folder()).as_posix(), section)


def _title_of(file: Path) -> str:
    heading = _HEADING.search(file.read_text(encoding="utf-8"))
    return plain(heading[2]) if heading else file.stem.replace("-", " ").capitalize()


@cache
def _sections() -> tuple[tuple[ManualPage, str, str], ...]:
    """Page, heading and plain text of every section."""
    sections = []
    for page in manual_pages():
        text = text_of(page)
        hidden = [match.span() for match in _FENCE.finditer(text)]
        heads = [
            head
            for head in _HEADING.finditer(text)
            if not any(start <= head.start() < end for start, end in hidden)
        ]
        ends = [*(head.start() for head in heads[1:]), len(text)]
        for head, end in zip(heads, ends, strict=True):
            heading = "" if head is heads[0] else plain(head[2])
            sections.append((page, heading, plain(text[head.end() : end])))
    return tuple(sections)


def _snippet(text: str, wanted: list[str]) -> str:
    """Return the words around the first place that holds one that is searched for."""
    low = text.casefold()
    places = [place for word in wanted if (place := low.find(word)) >= 0]
    start = max(0, min(places, default=0) - _SNIPPET // 3)
    start = text.find(" ", start) + 1 if start else 0
    piece = text[start : start + _SNIPPET]
    return f"{'…' if start else ''}{piece.strip()}{'…' if start + _SNIPPET < len(text) else ''}"
