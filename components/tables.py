"""Tables: real ones, with a caption and header cells, scrolling in their own box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from dash import html


class Column(NamedTuple):
    """``number`` aligns to the right."""

    title: str
    number: bool = False
    help: str = ""


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    row_classes: Sequence[str] | None = None,
    class_name: str = "",
    show_caption: bool = False,
) -> html.Div:
    """Rows of texts or components; the first cell of a row is its header."""
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
