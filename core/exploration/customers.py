"""Customers: new and returning month by month, the largest, and how much of everything they make."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.exploration.kept import keep
from core.exploration.selection import LINE_VALUES, Selection
from core.series.panel import Values

TOP = 50
CURVE_POINTS = 40
"""Points of the curve of concentration, spread evenly over the customers, and as many over what they make."""


@dataclass(frozen=True)
class Customers:
    """``measure``: what customers are ranked by (the series' own; orders where that is customers).
    ``months``: month (first day), new (their first day ever is in it), returning (bought before), value_new and
    value_returning. ``table``: customer, value, share, orders, first, last (days in the span), the largest first.
    ``curve``: share of customers (smallest first) and share of the value they make, shape (points, 2).
    ``top_tenth``: share that the largest tenth makes. ``returned``: customers of the span who came on more than one
    day. ``unnamed``: share of the value whose lines name no customer; ``negative``: customers left out of the
    concentration, as refunds outweigh what they bought. ``first``: of the span, and ``data_first`` of all data: whoever
    came then may not have been new.
    """

    measure: str
    count: int
    new: int
    returned: int
    total: float
    months: pd.DataFrame
    table: pd.DataFrame
    curve: Values
    gini: float
    top_tenth: float
    top_ten: float
    unnamed: float
    negative: int
    first: dt.date
    data_first: dt.date


def customers(one: Selection, top: int = TOP) -> Customers | None:
    """None where the data name no customers, or none in the span."""
    if not one.has("customer"):
        return None
    if top > TOP:  # for a file: too much to be kept
        return _customers(one, top)
    return keep(one.generation, ("customers", one.series, one.span, one.raw, top), lambda: _customers(one, top))


def _measure(one: Selection) -> str:
    if one.series.measure != "customers":
        return one.series.measure
    return "orders" if one.has("invoice") else "transactions"


def _customers(one: Selection, top: int) -> Customers | None:
    measure = _measure(one)
    rows = by_month(one, measure)
    unnamed = float(rows.loc[rows["customer"].isna(), "value"].sum())
    total = float(rows["value"].sum())
    rows = rows[rows["customer"].notna()]
    if rows.empty:
        return None
    whole = rows.groupby("customer").agg(
        value=("value", "sum"), orders=("orders", "sum"), first=("first", "min"), last=("last", "max"),
        ever=("ever", "first"),
    ).reset_index()  # fmt: skip
    ranked = whole.sort_values(["value", "customer"], ascending=[False, True], kind="stable", ignore_index=True)
    positive = np.sort(ranked["value"].to_numpy()[ranked["value"].to_numpy() > 0])
    named = float(ranked["value"].sum())
    return Customers(
        measure=measure,
        count=len(whole),
        new=int((whole["ever"] >= pd.Timestamp(one.first)).sum()),
        returned=int((whole["last"] > whole["first"]).sum()),
        total=named,
        months=_months(rows),
        table=ranked.head(top).assign(share=lambda part: part["value"] / named if named else np.nan),
        curve=lorenz(positive),
        gini=gini(positive),
        top_tenth=top_share(positive, max(1, round(positive.size / 10))),
        top_ten=top_share(positive, 10),
        unnamed=unnamed / total if total else 0.0,
        negative=len(whole) - positive.size,
        first=one.first,
        data_first=one.generation.manifest.first_day,
    )


def by_month(one: Selection, measure: str) -> pd.DataFrame:
    """A row a customer and month of the span: customer (None: not named), month, value, orders, first and last day
    with lines, ever (the customer's first day in all data up to the end of the span)."""
    value = "count(*)" if measure == "orders" else "sum(value)"
    inside = LINE_VALUES.get(measure, "1.0")
    order = "invoice" if one.has("invoice") else "day"
    rows = one.ask(
        f"""SELECT customer, month, {value}::DOUBLE AS value, count(*) AS orders, min(first) AS first, max(last) AS last
            FROM (SELECT customer, date_trunc('month', day)::DATE AS month, {inside} AS value, min(day) AS first,
                         max(day) AS last
                  FROM source WHERE day BETWEEN ? AND ? GROUP BY customer, month, {order})
            GROUP BY 1, 2""",
        *one.span,
    )
    ever = one.ask("SELECT customer, min(day) AS ever FROM source WHERE day <= ? GROUP BY 1", one.last)
    made = rows.merge(ever.dropna(subset=["customer"]), on="customer", how="left")
    for name in ("month", "first", "last", "ever"):
        made[name] = pd.to_datetime(made[name])
    return made


def _months(rows: pd.DataFrame) -> pd.DataFrame:
    month_of_first = rows["ever"].dt.to_period("M").dt.to_timestamp()
    is_new = (month_of_first == rows["month"]).to_numpy()
    made = pd.DataFrame(
        {
            "month": rows["month"],
            "new": is_new,
            "returning": ~is_new,
            "value_new": np.where(is_new, rows["value"], 0.0),
            "value_returning": np.where(is_new, 0.0, rows["value"]),
        }
    )
    return made.groupby("month", as_index=False).sum()


def lorenz(values: Values, points: int = CURVE_POINTS) -> Values:
    """Shares of customers and of what they make, the smallest first, from (0, 0) to (1, 1); ``values`` ascending."""
    if not values.size:
        return np.array([[0.0, 0.0], [1.0, 1.0]])
    sums = np.concatenate([[0.0], np.cumsum(values)])
    by_count = np.linspace(0, values.size, points).round().astype(np.int64)
    by_value = np.searchsorted(sums, np.linspace(0, sums[-1], points)).clip(max=values.size)
    where = np.unique(np.concatenate([by_count, by_value]))
    return np.column_stack([where / values.size, sums[where] / sums[-1]])


def gini(values: Values) -> float:
    """0: all make the same; towards 1: one makes everything. ``values`` ascending and positive."""
    n = values.size
    if not n:
        return 0.0
    return float(2 * (np.arange(1, n + 1) @ values) / (n * values.sum()) - (n + 1) / n)


def top_share(values: Values, count: int) -> float:
    """What the ``count`` largest make of all; ``values`` ascending."""
    return float(values[-count:].sum() / values.sum()) if values.size else 0.0
