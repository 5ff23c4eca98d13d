"""Why a day stands out, in one plain reason each: found in its lines, its neighbours and the opening calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from core.exploration.anomalies import OddDay
from core.exploration.orders import Order, largest_orders, taken_back
from core.exploration.selection import Selection
from core.series.days import weekday
from core.series.panel import Values

Kind = Literal[
    "no_trade", "repeated", "dropped", "hours", "order", "order_back", "orders", "after_shutdown", "before_shutdown",
    "after_holiday", "before_holiday", "many_orders", "few_orders", "unexplained",
]  # fmt: skip

ORDER_SHARE = 0.5
"""An order explains a day if it makes at least this share of what is above expectation."""
AFTER_SHUTDOWN, NEAR = 7, 3
"""Days after a yearly shutdown, and days around a holiday, that are told as such."""
REPEATED, DROPPED, FEWER_HOURS = 0.25, 0.25, 0.5
"""Share of the lines that stand there twice; that were dropped, above the usual share; of the weekday's usual hours."""
LEAST_HOURS = 3
"""Usual hours from which on a lack of hours says anything."""
MANY, FEW = 1.4, 0.7
"""Orders, as a share of what is usual on the weekday."""
AROUND = 28
"""Days on either side whose same weekdays say what is usual."""

Reasons = Sequence[str]


@dataclass(frozen=True, slots=True)
class Cause:
    """``order``: the largest one, for the kinds order and order_back (``share`` of the day's value) and orders (a few
    together, ``share`` of what is above expectation); ``name`` and ``distance`` (days) for closed days nearby; else
    ``share`` is of lines, hours or orders, see the constants above."""

    kind: Kind
    order: Order | None = None
    name: str | None = None
    distance: int | None = None
    share: float | None = None


def causes(one: Selection, odd: Sequence[OddDay], reasons: Reasons, orders: Values | None) -> tuple[Cause, ...]:
    """One for each odd day. ``reasons``: of the opening calendar for every day of the panel, '' = open; ``orders``: a
    day's orders of the segment, shape (days,), if they are known."""
    if not odd:
        return ()
    facts = _facts(one)
    found = largest_orders(one, [day.day for day in odd if day.more > 0])
    single = [orders_of[0] for day in odd if (orders_of := found.get(day.day)) and _explain(orders_of[:1], day)]
    back = taken_back(one, single)
    return tuple(
        _fault(one, day, facts)
        or _order(day, found.get(day.day, []), back)
        or _closed_nearby(day, reasons)
        or _busyness(day, orders)
        or Cause("unexplained")
        for day in odd
    )


def _explain(orders: Sequence[Order], day: OddDay) -> bool:
    return sum(order.value for order in orders) >= ORDER_SHARE * day.more > 0


def _order(day: OddDay, orders: Sequence[Order], back: Mapping[tuple[dt.date, str], dt.datetime]) -> Cause | None:
    """The largest order, or the few largest together."""
    if _explain(orders[:1], day):
        share = orders[0].value / day.value
        when = back.get((day.day, orders[0].invoice))
        if when is None:
            return Cause("order", orders[0], share=share)
        return Cause("order_back", replace(orders[0], back=when), share=share)
    if _explain(orders, day):
        return Cause("orders", orders[0], share=sum(order.value for order in orders) / day.more)
    return None


def _facts(one: Selection) -> pd.DataFrame:
    """By day of the panel, for the data of the whole: shares of lines repeated and dropped, hours with lines in use."""
    panel = one.generation.panel()
    rows = Selection(one.generation, one.series, panel.first_day, panel.last_day, raw=True).cube()
    of = rows["rule"].astype(str)
    lines = rows["lines"].to_numpy(dtype=np.float64)
    parts = pd.DataFrame(
        {
            "day": rows["day"],
            "lines": lines,
            "repeated": np.where(of == "duplicate", lines, 0.0),
            "dropped": np.where((of != "") & (of != "duplicate"), lines, 0.0),
        }
    )
    sums = parts.groupby("day").sum()
    hours = rows[of == ""].groupby("day")["hour"].nunique().rename("hours")
    made = sums.join(hours).fillna({"hours": 0})
    distinct = made["lines"] - made["repeated"]
    return made.assign(
        repeated=made["repeated"] / made["lines"], dropped=(made["dropped"] / distinct.where(distinct > 0)).fillna(0.0)
    )


def _fault(one: Selection, day: OddDay, facts: pd.DataFrame) -> Cause | None:
    """What looks like a fault of the data: nothing there, lines twice, lines dropped, hours missing."""
    at = pd.Timestamp(day.day)
    here: Any = facts.loc[at] if at in facts.index else None
    if day.value == 0 and (here is None or here["dropped"] < 1):
        return Cause("no_trade")
    if here is None:
        return None
    if one.raw:
        return (
            Cause("repeated", share=float(here["repeated"])) if day.more > 0 and here["repeated"] >= REPEATED else None
        )
    if day.more < 0 and here["dropped"] >= float(facts["dropped"].median()) + DROPPED:
        return Cause("dropped", share=float(here["dropped"]))
    same = facts["hours"][(weekday(facts.index.to_numpy()) == day.day.weekday()) & (facts["hours"] > 0)]
    usual = float(same.median()) if len(same) else 0.0
    if day.more < 0 and 0 < here["hours"] <= FEWER_HOURS * usual and usual >= LEAST_HOURS:
        return Cause("hours", share=float(here["hours"]) / usual)
    return None


def _closed_nearby(day: OddDay, reasons: Reasons) -> Cause | None:
    """The nearest closed day that is no weekly one: those before first, as they are over."""
    for distance in range(1, AFTER_SHUTDOWN + 1):
        if day.index - distance >= 0 and reasons[day.index - distance] == "shutdown":
            return Cause("after_shutdown", distance=distance)
    for distance in range(1, NEAR + 1):
        for step, side in ((-distance, "after"), (distance, "before")):
            at = day.index + step
            reason = reasons[at] if 0 <= at < len(reasons) else ""
            if reason == "shutdown" and side == "before":
                return Cause("before_shutdown", distance=distance)
            if reason.startswith("holiday"):
                kind: Kind = "after_holiday" if side == "after" else "before_holiday"
                return Cause(kind, name=reason.partition(":")[2], distance=distance)
    return None


def _busyness(day: OddDay, orders: Values | None) -> Cause | None:
    """Many or few orders, none of which stands out."""
    if orders is None:
        return None
    low, high = max(day.index - AROUND, 0), day.index + AROUND + 1
    near = np.arange(low, min(high, orders.size))
    same = near[((near - day.index) % 7 == 0) & (near != day.index)]
    usual = float(np.median(orders[same][orders[same] > 0])) if (orders[same] > 0).any() else 0.0
    if not usual:
        return None
    share = float(orders[day.index]) / usual
    if day.more > 0 and share >= MANY:
        return Cause("many_orders", share=share)
    return Cause("few_orders", share=share) if day.more < 0 and share <= FEW else None
