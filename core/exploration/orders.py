"""Single orders: the largest of a day, its lines, and whether it was cancelled in full soon after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.exploration.selection import LINE_VALUES, Selection

SOON = 14
"""Days within which a cancellation counts as soon after."""
IN_FULL = 0.95
"""Share of an order's units that a full cancellation takes back at least."""
MOST = 3
"""Orders of a day that are looked at."""
LINES = 50
"""Lines of an order that are shown."""


@dataclass(frozen=True, slots=True)
class Order:
    """``value``: of the measure (lines, units or revenue); ``back``: when it was cancelled in full, if it was."""

    day: dt.date
    invoice: str
    lines: int
    units: float
    value: float
    back: dt.datetime | None = None


def largest_orders(one: Selection, days: Sequence[dt.date]) -> dict[dt.date, list[Order]]:
    """Of each day the MOST orders with the most of the measure; empty where orders are not told apart or count once
    each."""
    if not one.has("invoice") or one.series.measure not in LINE_VALUES or not days:
        return {}
    rows = one.ask(
        f"""SELECT day, invoice, sum(n)::BIGINT AS lines, sum(quantity * n)::DOUBLE AS units,
                   {LINE_VALUES[one.series.measure]} AS value
            FROM source WHERE list_contains(?::DATE[], day) AND invoice IS NOT NULL GROUP BY day, invoice
            QUALIFY row_number() OVER (PARTITION BY day ORDER BY value DESC, invoice) <= {MOST}
            ORDER BY day, value DESC, invoice""",
        list(days),
    )
    found: dict[dt.date, list[Order]] = {}
    for row in rows.to_dict("records"):
        day = pd.Timestamp(row["day"]).date()
        found.setdefault(day, []).append(
            Order(day, str(row["invoice"]), int(row["lines"]), float(row["units"]), float(row["value"]))
        )
    return found


def taken_back(one: Selection, orders: Sequence[Order]) -> dict[tuple[dt.date, str], dt.datetime]:
    """When each of them was cancelled in full, for those that were: lines of the same customer, product and price with
    the opposite quantity, within SOON days."""
    if not orders or not {"customer", "product", "price"}.issubset(one.columns):
        return {}
    rows = one.generation.query(
        """WITH sold AS (SELECT invoice, day, customer, product, quantity, price, min(time) AS time
                         FROM lines WHERE list_contains(?::VARCHAR[], invoice) AND list_contains(?::DATE[], day)
                         GROUP BY ALL),
                back AS (SELECT customer, product, -quantity AS quantity, price, time
                         FROM (SELECT customer, product, quantity, price, time, day FROM rejected
                               UNION ALL SELECT customer, product, quantity, price, time, day FROM lines)
                         WHERE quantity < 0 AND day BETWEEN ? AND ?
                           AND customer IN (SELECT customer FROM sold))
           SELECT day, invoice, sum(quantity) AS units, sum(quantity) FILTER (back_at IS NOT NULL) AS units_back,
                  max(back_at) AS back_at
           FROM (SELECT sold.day, sold.invoice, sold.product, sold.quantity, min(back.time) AS back_at
                 FROM sold LEFT JOIN back ON back.customer = sold.customer AND back.product = sold.product
                   AND back.quantity = sold.quantity AND back.price = sold.price
                   AND back.time >= sold.time AND back.time <= sold.time + to_days(?)
                 GROUP BY ALL)
           GROUP BY day, invoice HAVING units_back >= ? * units""",
        [
            [order.invoice for order in orders],
            [order.day for order in orders],
            min(order.day for order in orders),
            max(order.day for order in orders) + dt.timedelta(days=SOON),
            SOON,
            IN_FULL,
        ],
    ).to_pylist()
    return {(row["day"], row["invoice"]): row["back_at"] for row in rows}


def lines_of(one: Selection, day: dt.date, invoice: str, most: int = LINES) -> pd.DataFrame:
    """The lines of an order on a day, the largest first: columns of the data; ``n``, how often each stands there."""
    order = "abs(quantity) DESC" if not one.has("price") else "abs(amount) DESC"
    names = ", ".join(one.columns)
    return one.ask(
        f"SELECT {names}, n FROM source WHERE day = ? AND invoice = ? ORDER BY {order}, time LIMIT {most}", day, invoice
    )
