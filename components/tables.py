"""Tables: real ones, with a caption and header cells, scrolling in their own box."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from dash import html

from components.still import still
from components.words import Shown


class Column(NamedTuple):
    """``number`` aligns to the right."""

    title: str
    number: bool = False
    help: str = ""


def text_table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str | tuple[str, str]]],
    row_classes: Sequence[str] | None = None,
    class_name: str = "",
) -> html.Div:
    """A table of plain texts of any length, put together in the browser by assets/tables.js; a pair is a text and the
    title of its cell.

    As Dash components a year of days is two thousand of them and takes seconds to draw; so it takes milliseconds.
    """
    content = {
        "caption": caption,
        "columns": columns,
        "rows": rows,
        "values": [[_told(cell) for cell in row] for row in rows],
        "classes": row_classes or [],
    }
    return html.Div(
        className=f"tm-scroll {class_name}".strip(),
        tabIndex="0",
        role="region",
        **{"aria-label": caption, "data-table": json.dumps(content, ensure_ascii=False)},
    )


def plain(value: float | str) -> str:
    """A number as programs read it, to ten figures; a missing one is empty."""
    if isinstance(value, str):
        return value
    return f"{value:.10g}" if math.isfinite(value) else ""


def _told(cell: Any) -> list[str] | None:
    """The values that a cell shows, for assets/charts.js, which writes the CSV; None of a bare text."""
    return [plain(value) for value in cell.values] if isinstance(cell, Shown) else None


def _values(cell: Any) -> dict[str, str]:
    return dict(zip(("data-value", "data-until"), _told(cell) or (), strict=False))


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    row_classes: Sequence[str] | None = None,
    class_name: str = "",
    show_caption: bool = False,
    live: bool = False,
) -> html.Div:
    """Rows of texts or plain elements; the first cell of a row is its header. ``live``: cells hold components that
    callbacks know, or links of Dash."""
    kinds = [" tm-number" if column.number else "" for column in columns]
    head = [
        html.Th(
            html.Abbr(column.title, title=column.help) if column.help else column.title,
            scope="col",
            className=kind.strip(),
        )
        for column, kind in zip(columns, kinds, strict=True)
    ]
    body = [
        html.Tr(
            [
                html.Th(cell, scope="row", className=kind.strip(), **_values(cell))
                if i == 0
                else html.Td(cell, className=kind.strip(), **_values(cell))
                for i, (cell, kind) in enumerate(zip(row, kinds, strict=True))
            ],
            className=row_classes[n] if row_classes else "",
        )
        for n, row in enumerate(rows)
    ]
    made = html.Table(
        [
            html.Caption(caption, className="" if show_caption else "visually-hidden"),
            html.Thead(html.Tr(head)),
            html.Tbody(body),
        ],
        className="tm-table",
    )
    return html.Div(
        made if live else still(made),
        className=f"tm-scroll {class_name}".strip(),
        tabIndex="0",
        role="region",
        **{"aria-label": caption},
    )
