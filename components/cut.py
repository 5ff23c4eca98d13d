"""Texts of users' data: cut where they would fill the page, and kept from being read as markup by Plotly."""

from __future__ import annotations

from html import escape as _escape

from dash import html

LONGEST = 48


def cut(text: str, longest: int = LONGEST) -> str:
    """On one line, at most ``longest`` characters, the last an ellipsis if there were more."""
    line = " ".join(text[: 4 * longest].split()) if len(text) > longest else " ".join(text.split())
    return line if len(line) <= longest and len(text) <= 4 * longest else line[: longest - 1].rstrip() + "…"


def cut_cell(text: str, longest: int = LONGEST) -> str | tuple[str, str]:
    """For a text_table: the text, or what is left of it and the whole, which the cell bears as its title."""
    short = cut(text, longest)
    return text if short == text else (short, text)


def cut_span(text: str, longest: int = LONGEST) -> html.Span | str:
    """The same among components."""
    short = cut(text, longest)
    return text if short == text else html.Span(short, title=text)


def for_plotly(text: str, longest: int = LONGEST) -> str:
    """Plotly takes <b> and the like in labels for markup: here they are text."""
    return _escape(cut(text, longest), quote=False)
