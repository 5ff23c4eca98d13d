"""Tables: real ones, with a caption and header cells, scrolling in their own box."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from dash import html


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
        "classes": row_classes or [],
    }
    return html.Div(
        className=f"tm-scroll {class_name}".strip(),
        tabIndex="0",
        role="region",
        **{"aria-label": caption, "data-table": json.dumps(content, ensure_ascii=False)},
    )


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    row_classes: Sequence[str] | None = None,
    class_name: str = "",
    show_caption: bool = False,
) -> html.Div:
    """Rows of texts or components, not many; the first cell of a row is its header."""
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
                html.Th(cell, scope="row", className=kind.strip()) if i == 0 else html.Td(cell, className=kind.strip())
                for i, (cell, kind) in enumerate(zip(row, kinds, strict=True))
            ],
            className=row_classes[n] if row_classes else "",
        )
        for n, row in enumerate(rows)
    ]
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="" if show_caption else "visually-hidden"),
                html.Thead(html.Tr(head)),
                html.Tbody(body),
            ],
            className="tm-table",
        ),
        className=f"tm-scroll {class_name}".strip(),
        tabIndex="0",
        role="region",
        **{"aria-label": caption},
    )
