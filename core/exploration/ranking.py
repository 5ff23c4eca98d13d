"""Countries and products: who makes how much of a measure, who grows, who is new and who is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from core.exploration.kept import keep
from core.exploration.selection import DISTINCT, PER_LINE, Comparison, Selection, Span, compared
from core.transactions.views import CUBE_MEASURES

What = Literal["country", "product"]

TOP = 50
"""Products told of by name; all of them count in the totals."""


@dataclass(frozen=True)
class Ranking:
    """``table``: columns name (None: not told), label (a product's description, else None), value, share (of
    ``total``), now, then, growth (share; NaN where there was nothing before), rank; the largest first, at most ``TOP``
    of ``count``. now and then are values in the days of ``comparison``; NaN without one. ``new``: in now but not in
    then; ``gone``: the other way round (columns name, label, value); ``n_new`` and ``n_gone`` say how many of them
    there are. Shares of measures that count invoices or customers do not add up to 1: one may have several.
    """

    table: pd.DataFrame
    total: float
    count: int
    comparison: Comparison | None
    new: pd.DataFrame
    gone: pd.DataFrame
    n_new: int
    n_gone: int


def ranking(one: Selection, what: What, top: int = TOP) -> Ranking | None:
    """By the measure of the series; countries among all of them, products in the segment. None where the data do not
    have the column or nothing is in the span."""
    if not one.has(what) or not one.counts(one.series.measure):
        return None
    if top > TOP:  # for a file: too much to be kept
        return _ranking(one, what, top)
    key = ("ranking", what, one.series, one.span, one.raw, top)
    return keep(one.generation, key, lambda: _ranking(one, what, top))


def _ranking(one: Selection, what: What, top: int) -> Ranking | None:
    versus = compared(one.span, one.generation.manifest.first_day)
    spans = {"value": one.span} | ({} if versus is None else {"now": versus.now, "then": versus.then})
    table = _values(one, what, spans)
    if table["value"].isna().all():
        return None
    total = _total(one, what, table["value"])
    table = table.fillna(dict.fromkeys(spans, 0.0))
    if versus is None:
        table = table.assign(now=np.nan, then=np.nan)
    table = table.sort_values(["value", "name"], ascending=[False, True], kind="stable", ignore_index=True)
    table["share"] = table["value"] / total if total else np.nan
    table["growth"] = (table["now"] / table["then"] - 1).where(table["then"] > 0)
    table["rank"] = np.arange(1, len(table) + 1)
    named = table[table["name"].notna()]
    new = named[(named["now"] > 0) & (named["then"] == 0)]
    gone = named[(named["then"] > 0) & (named["now"] == 0)]
    shown = table[table["value"] != 0]
    if shown.empty:
        return None
    return Ranking(
        shown.head(top),
        total,
        len(shown),
        versus,
        _first(new.assign(value=new["now"]), top),
        _first(gone.assign(value=gone["then"]), top),
        n_new=len(new),
        n_gone=len(gone),
    )


def _first(part: pd.DataFrame, top: int) -> pd.DataFrame:
    ordered = part.sort_values(["value", "name"], ascending=[False, True], kind="stable", ignore_index=True)
    return ordered.head(top)[["name", "label", "value"]]


def _values(one: Selection, what: What, spans: Mapping[str, Span]) -> pd.DataFrame:
    """Columns name, label and one a span, NaN where the name is not in it; a row a name. Countries of the measures
    that the cube has come from it."""
    measure, whole = one.series.measure, what == "country"
    if whole and measure in CUBE_MEASURES:
        made = pd.DataFrame({column: _of_cube(one, span) for column, span in spans.items()})
        return _plain(made.assign(name=made.index.astype(object), label=None).reset_index(drop=True))
    inside = {column: f"day BETWEEN '{first}' AND '{last}'" for column, (first, last) in spans.items()}
    days = " OR ".join(f"({one})" for one in inside.values())
    # a description as it stands on a sale: corrections bear notes in its place
    label = "any_value(description) FILTER (quantity > 0)" if what == "product" and one.has("description") else "NULL"
    value = PER_LINE.get(measure, "0")
    sums = ", ".join(f'sum({value}) FILTER ({part})::DOUBLE AS "{column}"' for column, part in inside.items())
    rows = one.ask(f"SELECT {what} AS name, {label} AS label, {sums} FROM source WHERE {days} GROUP BY 1", whole=whole)
    if measure in DISTINCT:  # in two steps: far cheaper than count(DISTINCT …) by group
        flags = ", ".join(f'bool_or({part}) AS "{column}"' for column, part in inside.items())
        counts = ", ".join(f'nullif(count(*) FILTER ("{column}"), 0)::DOUBLE AS "{column}"' for column in inside)
        counted = one.ask(
            f"""SELECT name, {counts}
                FROM (SELECT {what} AS name, {DISTINCT[measure]} AS counted, {flags} FROM source
                      WHERE counted IS NOT NULL AND ({days}) GROUP BY ALL) GROUP BY 1""",
            whole=whole,
        )
        rows = rows[["name", "label"]].merge(counted, on="name", how="left")  # None is a name like others
    return _plain(rows)


def _of_cube(one: Selection, span: Span) -> pd.Series:
    rows = replace(one, first=span[0], last=span[1]).cube(whole=True)
    return rows.groupby("country", observed=True, dropna=False)[CUBE_MEASURES[one.series.measure]].sum()


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Texts as objects, None where there is none, numbers as float64."""
    texts = {name: rows[name].astype(object).where(rows[name].notna(), None) for name in ("name", "label")}
    return rows.astype({name: np.float64 for name in rows.columns if name not in texts}).assign(**texts)


def _total(one: Selection, what: What, values: pd.Series) -> float:
    if one.series.measure not in DISTINCT:
        return float(values.sum())
    query = f"SELECT count(DISTINCT {DISTINCT[one.series.measure]}) AS n FROM source WHERE day BETWEEN ? AND ?"
    return float(one.ask(query, *one.span, whole=what == "country")["n"].iloc[0])
