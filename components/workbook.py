"""The forecast as a workbook: dates as dates, numbers as numbers, texts as texts and never as formulas."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.words import Words

if TYPE_CHECKING:
    from xlsxwriter import Workbook

Cell = str | float | int | dt.date | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """``rows`` of texts, numbers, dates and None (empty), below a frozen header of ``columns``."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """An XLSX file; made in memory, nothing touches the disk."""
    import xlsxwriter  # here: most visitors never download one

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        for sheet in sheets:
            _write(book, sheet)
    return out.getvalue()


def _write(book: Workbook, sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.name[:31])
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    date = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    number, text = book.add_format({"num_format": "#,##0.00"}), book.add_format({"text_wrap": False})
    for place, name in enumerate(sheet.columns):
        page.write_string(0, place, name, head)
        longest = max((len(_shown(row[place])) for row in sheet.rows), default=0)
        page.set_column(place, place, min(max(len(name) * 0.8, longest, 9) + 2, 60))
    page.freeze_panes(1, 1)
    for line, row in enumerate(sheet.rows, start=1):
        for place, cell in enumerate(row):
            if isinstance(cell, dt.date):
                page.write_datetime(line, place, dt.datetime(cell.year, cell.month, cell.day), date)
            elif isinstance(cell, str):
                page.write_string(line, place, cell, text)
            elif cell is not None and math.isfinite(cell):
                page.write_number(line, place, round(float(cell), 2), number)


def _shown(cell: Cell) -> str:
    return f"{cell:,.0f}" if isinstance(cell, int | float) else str(cell or "")


def forecast_sheets(
    t: Words,
    forecast: Any,
    last_year: Sequence[float],
    scenarios: Sequence[Any],
    level: int,
    notes: Sequence[tuple[str, Cell]],
) -> list[Sheet]:
    """``forecast``: date, mean, lo80 … hi95, open, reason; ``scenarios``: rows of the comparison, the forecast first
    (name, changes, total, low, high, frame); ``notes``: what it is and where it is from."""
    bounds = ("lo80", "hi80", "lo95", "hi95")
    heads = [t(f"xlsx.{side}", level=t.percent(one / 100)) for one in (80, 95) for side in ("low", "high")]
    days = [
        [row["date"].date(), t.weekday(row["date"].weekday()), row["mean"], *(row[name] for name in bounds),
         before, t("xlsx.open") if row["open"] else t("xlsx.closed"), "" if row["open"] else t.reason(row["reason"])]
        for row, before in zip(forecast.to_dict("records"), last_year, strict=True)
    ]  # fmt: skip
    columns = [
        t("table.date"), t("table.weekday"), t("table.forecast"), *heads, t("table.last_year"), t("xlsx.state"),
        t("table.remark"),
    ]  # fmt: skip
    sheets = [Sheet(t("xlsx.sheet.forecast"), columns, days)]
    if len(scenarios) > 1:
        sheets += _scenarios(t, scenarios, level)
    return [*sheets, Sheet(t("xlsx.sheet.notes"), [t("xlsx.what"), t("xlsx.value")], notes)]


def _scenarios(t: Words, rows: Sequence[Any], level: int) -> list[Sheet]:
    base = rows[0].total
    low, high = (t(f"xlsx.{side}", level=t.percent(level / 100)) for side in ("low", "high"))
    columns = [
        t("whatif.column.name"), t("whatif.column.changes"), t("table.total"), low, high, t("whatif.column.difference")
    ]  # fmt: skip
    totals = [[row.name, row.changes, row.total, row.low, row.high, row.total - base] for row in rows]
    frames = [row.frame for row in rows]
    names = [f"{row.name}: {part}" for row in rows for part in (t("table.forecast"), low, high)]
    values = [frame[name].tolist() for frame in frames for name in ("mean", f"lo{level}", f"hi{level}")]
    days = [[day.date(), *numbers] for day, *numbers in zip(frames[0]["date"], *values, strict=True)]
    return [
        Sheet(t("xlsx.sheet.scenarios"), columns, totals),
        Sheet(t("xlsx.sheet.scenario_days"), [t("table.date"), *names], days),
    ]
