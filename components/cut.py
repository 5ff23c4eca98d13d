"""Cells of tables with texts of users' data: cut where they would fill the page, the whole at hand."""

from __future__ import annotations

from components.words import shown

LONGEST = 48


def cut_cell(text: str, longest: int = LONGEST) -> str | tuple[str, str]:
    """For a text_table: the text, or what is left of it and the whole, which the cell bears as its title."""
    short, whole = shown(text, longest), shown(text, None)
    return whole if short == whole else (short, whole)
