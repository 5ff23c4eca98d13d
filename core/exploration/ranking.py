"""Countries and products: who makes how much of a measure, who grows, who is new and who is gone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from core.exploration.kept import keep
from core.exploration.selection import DISTINCT, LINE_VALUES, Comparison, Selection, Span, compared
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
    key = ("ranking", what, one.series, one.span, one.raw, top)
    return keep(one.generation, key, lambda: _ranking(one, what, top))


def _ranking(one: Selection, what: What, top: int) -> Ranking | None:
    whole = _values(one, what, one.span)
    if whole.empty:
        return None
    total = _total(one, what, whole)
    versus = compared(one.span, one.generation.manifest.first_day)
    table = whole
    for name in ("now", "then"):
        span = getattr(versus, name) if versus is not None else None
        if span is None:
            table = table.assign(**{name: np.nan})
            continue
        other = whole if span == one.span else _values(one, what, span)
        table = table.merge(other, on="name", how="outer", suffixes=("", "_other"))  # None is a name like others
        label, label_other = table["label"], table.pop("label_other")
        table = table.assign(label=label.where(label.notna(), label_other)).rename(columns={"value_other": name})
    if versus is not None:
        table = table.fillna({"value": 0.0, "now": 0.0, "then": 0.0})
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


def _values(one: Selection, what: What, span: Span) -> pd.DataFrame:
    """Columns name, label, value, a row a name; countries of the measures that the cube has come from it."""
    measure, whole = one.series.measure, what == "country"
    if whole and measure in CUBE_MEASURES:
        rows = replace(one, first=span[0], last=span[1]).cube(whole=True)
        sums = rows.groupby("country", observed=True, dropna=False)[CUBE_MEASURES[measure]].sum()
        return _plain(pd.DataFrame({"name": sums.index.astype(object), "label": None, "value": sums.to_numpy()}))
    # a description as it stands on a sale: corrections bear notes in its place
    label = "any_value(description) FILTER (quantity > 0)" if what == "product" and one.has("description") else "NULL"
    value = LINE_VALUES.get(measure, "0.0")
    rows = one.ask(
        f"""SELECT {what} AS name, {label} AS label, {value} AS value FROM source
            WHERE day BETWEEN ? AND ? GROUP BY 1""",
        *span,
        whole=whole,
    )
    if measure in DISTINCT:  # in two steps: far cheaper than count(DISTINCT …) by group
        counted = one.ask(
            f"""SELECT {what} AS name, count({DISTINCT[measure]})::DOUBLE AS value
                FROM (SELECT DISTINCT {what}, {DISTINCT[measure]} FROM source WHERE day BETWEEN ? AND ?) GROUP BY 1""",
            *span,
            whole=whole,
        )
        rows = rows.drop(columns="value").merge(counted, on="name")
    return _plain(rows)


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Texts as objects, None where there is none, numbers as float64."""
    texts = {name: rows[name].astype(object).where(rows[name].notna(), None) for name in ("name", "label")}
    return rows.assign(**texts, value=rows["value"].astype(np.float64))


def _total(one: Selection, what: What, whole: pd.DataFrame) -> float:
    if one.series.measure not in DISTINCT:
        return float(whole["value"].sum())
    query = f"SELECT count(DISTINCT {DISTINCT[one.series.measure]}) AS n FROM source WHERE day BETWEEN ? AND ?"
    return float(one.ask(query, *one.span, whole=what == "country")["n"].iloc[0])
