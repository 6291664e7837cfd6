"""Pages of the manual as Qt's text browser shows them: HTML of their Markdown, and its style."""

from __future__ import annotations

import posixpath
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from PySide6.QtGui import QImageReader

from brainstem_app.gui.design.tokens import TYPE_SCALE, Colours, Type
from brainstem_app.gui.manual.contents import ManualPage, anchor_of, page_at

_SECTION_SCALE = 1.2


def page_html(page: ManualPage, markdown: str, folder: Path, width: int) -> str:
    """HTML of a page.

    Parameters
    ----------
    page : ManualPage
    markdown : str
        What it says.
    folder : Path
        The manual's folder.
    width : int
        Pixels that pictures may be wide.

    Returns
    -------
    str
        Headings have anchors; links to files that are not in the manual are plain text.
    """
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = parser.parse(markdown)
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            _add_anchor(tokens[place + 1])
        elif token.type == "table_open":
            token.attrs = {"cellspacing": "0", "cellpadding": "5", "width": "100%"}
        for child in token.children or ():
            if child.type == "image":
                tokens[place - 1].attrs["style"] = "line-height: 100%;"
                _fit(child, (folder / page.path).parent, width)
        if token.children:
            token.children = _without_dead_links(token.children, page)
    return str(parser.renderer.render(tokens, parser.options, {}))


def style_of(colours: Colours, points: float) -> str:
    """Style sheet of pages in a look, for text that is `points` high."""
    title, heading = (f"{points * scale:.1f}pt" for scale in (TYPE_SCALE[Type.TITLE], _SECTION_SCALE))
    return f"""
        body, p, li, td, th {{ color: {colours.ink}; }}
        p, ul, ol {{ margin-top: 0; margin-bottom: 9px; line-height: 125%; }}
        li {{ margin-bottom: 3px; line-height: 125%; }}
        h1 {{ font-size: {title}; margin: 4px 0 12px 0; }}
        h2 {{ font-size: {heading}; margin: 22px 0 8px 0; }}
        h3, h4 {{ font-size: {points:.1f}pt; margin: 16px 0 6px 0; }}
        a {{ color: {colours.accent}; text-decoration: none; }}
        code {{ background-color: {colours.hover}; }}
        pre {{ background-color: {colours.hover}; margin: 0 0 10px 0; }}
        table {{ margin: 4px 0 12px 0; border-collapse: collapse; }}
        td, th {{ border-bottom: 1px solid {colours.line}; vertical-align: top; }}
        th {{ color: {colours.soft}; text-align: left; }}
    """


def linked_page(link: str, page: ManualPage) -> tuple[ManualPage, str] | None:
    """Page and anchor that a link of a page leads to; None if that is not in the manual."""
    path, _, anchor = link.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), path)) if path else page.path
    target = page_at(path)
    return None if target is None else (target, anchor)


def _add_anchor(inline: Token) -> None:
    words = "".join(child.content for child in inline.children or () if child.type != "image")
    mark = Token("html_inline", "", 0, content=f'<a name="{escape(anchor_of(words))}"></a>')
    inline.children = [mark, *(inline.children or ())]


def _fit(image: Token, folder: Path, width: int) -> None:
    """Say where a picture lies; it has its own width, or as much as there is room for."""
    path = (folder / str(image.attrs["src"])).resolve()
    image.attrs["src"] = path.as_uri()
    size = QImageReader(str(path)).size()
    if size.isValid():
        image.attrs["width"] = str(min(size.width(), width))


def _without_dead_links(children: list[Token], page: ManualPage) -> list[Token]:
    """Children of a line, without the links that lead to files outside of the manual."""
    kept, live = [], True
    for child in children:
        if child.type == "link_open":
            link = str(child.attrs["href"])
            live = "://" in link or linked_page(link, page) is not None
        if live or child.type not in {"link_open", "link_close"}:
            kept.append(child)
    return kept
