"""A table that can be sorted and filtered (AG Grid), in the colours and the language of the page.

Its scripts are loaded by the pages alone that show one: see app.grid. Texts of cells are made here, so that numbers are
written as everywhere; the functions named are those of assets/grid.js.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import dash_ag_grid as ag

from components import ids
from components.words import Words

TEXT = "_text"
"""Behind the name of a field: the text of its cell."""

WORDS = (
    "activateFilter", "andCondition", "applyFilter", "ariaColumn", "ariaFilterColumn", "ariaFilterFromValue",
    "ariaFilterInput", "ariaFilterMenuOpen", "ariaFilterToValue", "ariaFilterValue", "ariaFilteringOperator",
    "ariaLabelColumnFilter", "ariaSortableColumn", "blank", "clearFilter", "contains", "endsWith", "equals",
    "filterOoo", "greaterThan", "greaterThanOrEqual", "inRange", "inRangeEnd", "inRangeStart", "lessThan",
    "lessThanOrEqual", "loadingOoo", "noMatchingRows", "noRowsToShow", "notBlank", "notContains", "notEqual",
    "orCondition", "resetFilter", "startsWith",
)  # fmt: skip
"""What AG Grid says by itself, where these tables say it."""


class Field(NamedTuple):
    """A column. ``number``: aligned to the right and filtered by size; ``wide``: pixels at least; ``renderer``: a
    component of assets/grid.js that draws the cell; ``pinned`` stays in sight when the others scroll."""

    name: str
    title: str
    help: str = ""
    number: bool = False
    wide: int = 90
    renderer: str = ""
    pinned: bool = False


def grid(t: Words, name: str, fields: Sequence[Field], rows: Sequence[Mapping[str, Any]], key: str, sort: str) -> Any:
    """``rows``: by name of a field its value, what it is sorted and filtered by, and behind name + TEXT how it is
    written; ``key``: the field that no two rows share; ``sort``: a field, with a minus for falling order."""
    return ag.AgGrid(
        id=ids.grid(name),
        className="tm-grid",
        columnDefs=[_column(field, sort) for field in fields],
        rowData=[dict(row) for row in rows],
        defaultColDef={"wrapHeaderText": True, "autoHeaderHeight": True},
        getRowId=f"params.data.{key}",
        style={"height": None, "width": "100%"},
        dashGridOptions={
            "domLayout": "autoHeight",
            "ensureDomOrder": True,  # so that a screen reader reads the rows as they are shown
            "suppressColumnVirtualisation": True,
            "suppressMovableColumns": True,
            "enableCellTextSelection": True,
            "suppressCellFocus": False,
            "tooltipShowDelay": 300,
            "animateRows": False,
            "localeText": {word: t(f"grid.{word}") for word in WORDS},
        },
    )


def _column(field: Field, sort: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "field": field.name,
        "headerName": field.title,
        "minWidth": field.wide,
        "flex": 1,
        "filter": "agNumberColumnFilter" if field.number else "agTextColumnFilter",
        "comparator": {"function": "tmMissingLast"},
        "valueFormatter": {"function": "tmText(params)"},
    }
    if field.help:
        made["headerTooltip"] = field.help
    if field.number:
        made["type"] = "rightAligned"
    if field.renderer:
        made |= {"cellRenderer": field.renderer, "wrapText": True, "autoHeight": True}
    if field.pinned:
        made |= {"pinned": "left", "lockPinned": True}
    if sort.removeprefix("-") == field.name:
        made["sort"] = "desc" if sort.startswith("-") else "asc"
    return made
