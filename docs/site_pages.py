"""Pages that are made while MkDocs builds the site: files beside the code, and the docstrings of the code.

MkDocs calls the functions named `on_…` (its `hooks` in ``mkdocs.yml``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
APPLICATION = ROOT / "brainstem_app"

#: Files of the repository that the site shows, and their pages.
SHOWN = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    ".github/CODE_OF_CONDUCT.md": "code-of-conduct.md",
    ".github/SECURITY.md": "security.md",
    "kerasmodels/README.md": "kerasmodels.md",
}
#: Files of the repository that another page stands for.
STOOD_FOR = {"README.md": "index.md"}
#: Files that pages link to and the site brings along, by pattern, and their folder.
BROUGHT = {"resources/report/*.schema.json": "reference/schemas"}

_LINK = re.compile(r"(?<=\]\()(?P<path>[^)#:\s]+)(?=[)#])")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of a folder into the table of contents where the folder stands."""
    named = set(_named(config.nav))
    config.nav = _expanded(config.nav, named)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are in no file of ``docs/``."""
    for source, page in SHOWN.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    for pattern, folder in BROUGHT.items():
        for path in sorted(ROOT.glob(pattern)):
            files.append(File.generated(config, f"{folder}/{path.name}", abs_src_path=str(path)))
    for page, content in api_pages():
        files.append(File.generated(config, page, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links to files of the repository into links to their pages."""
    own = page.file.src_uri
    source = {page: source for source, page in SHOWN.items()}.get(own, f"docs/{own}")

    def moved(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
        return posixpath.relpath(_page_of(target), posixpath.dirname(own))

    return _LINK.sub(moved, markdown)


def api_pages() -> Iterator[tuple[str, str]]:
    """Yield page and content for every folder of the application, its modules one after the other."""
    for folder in sorted({path.parent for path in APPLICATION.rglob("*.py")}):
        modules = sorted(path for path in folder.glob("*.py") if path.stem != "__init__")
        names = [_dotted(folder), *map(_dotted, modules)]
        title = names[0].removeprefix("brainstem_app.")
        package = f"::: {names[0]}\n    options: {{members: false, show_root_heading: false}}\n"
        sections = [f"::: {name}\n" for name in names[1:]]
        if sections:
            yield f"api/{title}.md", "\n".join([f"# {title}\n", package, *sections])


def _page_of(file: str) -> str:
    """Place in the site of a file of the repository; one that is not in it keeps a name that no page has."""
    for pattern, folder in BROUGHT.items():
        if PurePosixPath(file).match(pattern):
            return f"{folder}/{posixpath.basename(file)}"
    known = SHOWN | STOOD_FOR
    return known[file] if file in known else posixpath.relpath(file, "docs")


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _named(entry: Any) -> Iterator[str]:
    """Yield all pages and folders that a part of the table of contents names."""
    if isinstance(entry, str):
        yield entry
    else:
        for inner in entry.values() if isinstance(entry, dict) else entry or ():
            yield from _named(inner)


def _expanded(entry: Any, named: set[str]) -> Any:
    """Return a part of the table of contents with pages in place of folders."""
    if isinstance(entry, dict):
        return {title: _expanded(inner, named) for title, inner in entry.items()}
    if isinstance(entry, list):
        return [page for inner in entry for page in _pages(inner, named)]
    return entry


def _pages(entry: Any, named: set[str]) -> list[Any]:
    if entry == "api/":
        return [page for page, _ in api_pages()]
    if isinstance(entry, str) and entry.endswith("/"):
        pages = sorted((ROOT / "docs" / entry).glob("*.md"))
        return [name for page in pages if (name := f"{entry}{page.name}") not in named]
    return [_expanded(entry, named)]
