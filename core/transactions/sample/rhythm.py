"""When the sample business trades: open days, lines per day, and the time of day of each line.

Levels and profiles follow the published Online Retail II data (doi 10.24432/C5CG6D): lines per open day by month,
share of lines by hour and weekday, Saturdays closed, autumn ramp, Christmas shutdown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import holidays
import numpy as np
from numpy.typing import NDArray

FIRST_DAY, LAST_DAY = date(2023, 12, 1), date(2025, 12, 9)
LAST_HOUR, LAST_MINUTES = 12, 51
"""On the last day trade is recorded until 12:50 only."""
REPEATED = (np.datetime64("2024-12-01"), np.datetime64("2024-12-09"))
"""Days whose lines all stand twice: in the original the two yearly extracts overlap in just these days."""
GROWTH_PER_YEAR = 0.08
HOURS = np.arange(6, 21)

_LEVELS = (
    (1, 4, 1250), (1, 16, 1400), (2, 14, 1200), (3, 16, 1430), (4, 15, 1430), (5, 16, 1460), (6, 15, 1460),
    (7, 16, 1390), (8, 15, 1310), (9, 4, 1480), (9, 24, 1900), (10, 16, 2270), (11, 5, 2850), (11, 20, 3200),
    (12, 1, 3000), (12, 9, 2650), (12, 16, 1700), (12, 23, 750),
)  # fmt: skip
_WEEKDAY = np.array([1.13, 1.07, 0.99, 1.10, 0.88, 0.0, 0.80])  # Monday first
_PROFILE = np.array(
    [
        [0, 16, 300, 1557, 1789, 1956, 2615, 2724, 2307, 2343, 1745, 1356, 201, 0, 0],
        [0, 25, 298, 1363, 1610, 1961, 2863, 2725, 2438, 2731, 1977, 1163, 464, 41, 5],
        [0, 18, 352, 1198, 1542, 2014, 2879, 2501, 2534, 2516, 1720, 1209, 19, 2, 2],
        [4, 29, 311, 1382, 1768, 1893, 2580, 2561, 2603, 2115, 1916, 1132, 951, 858, 213],
        [0, 24, 338, 1324, 1702, 2034, 2137, 1912, 2185, 1656, 1106, 888, 65, 9, 1],
        [0, 0, 0, 0, 1, 1, 10, 10, 6, 7, 4, 0, 0, 0, 0],
        [0, 0, 0, 9, 912, 2320, 2900, 2599, 2078, 2162, 938, 7, 0, 0, 0],
    ],
    dtype=np.float64,
)


def open_days() -> NDArray[np.datetime64]:
    """The trading days: no Saturday, English public holiday or Easter Sunday, nothing from 24 December to 3 January."""
    days = np.arange(np.datetime64(FIRST_DAY), np.datetime64(LAST_DAY) + 1)
    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    names = holidays.country_holidays("GB", subdiv="ENG", years=years)
    shut = {np.datetime64(day) for day in names}
    shut |= {np.datetime64(day) + 2 for day, name in names.items() if "Good Friday" in name}
    month_day = (days.astype("datetime64[M]").astype(int) % 12 + 1) * 100 + day_of_month(days)
    closed = (weekday(days) == 5) | np.isin(days, np.array(sorted(shut))) | (month_day >= 1224) | (month_day <= 103)
    found: NDArray[np.datetime64] = days[~closed]
    return found


def weekday(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """0 = Monday … 6 = Sunday."""
    number: NDArray[np.int64] = (days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return number


def day_of_month(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    number: NDArray[np.int64] = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    return number


def expected(days: NDArray[np.datetime64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Expected lines of each open day, up to a factor: season × growth × weekday × noise that lasts some days."""
    anchors = [
        (np.datetime64(f"{year}-{month:02d}-{day:02d}"), level)
        for year in range(FIRST_DAY.year, LAST_DAY.year + 1)
        for month, day, level in _LEVELS
    ]
    at = np.array([day for day, _ in anchors]).astype(np.int64)
    level = np.interp(days.astype(np.int64), at, np.log([level for _, level in anchors]))
    elapsed = (days - days[0]).astype(np.int64)
    slow = np.empty(elapsed[-1] + 1)
    slow[0] = 0.0
    for step, shock in enumerate(rng.normal(0.0, 0.09, elapsed[-1]), start=1):
        slow[step] = 0.8 * slow[step - 1] + shock
    noise = slow[elapsed] + rng.normal(0.0, 0.14, days.size)
    weights: NDArray[np.float64] = np.exp(level + np.log1p(GROWTH_PER_YEAR) * elapsed / 365.25 + noise)
    weights *= _WEEKDAY[weekday(days)]
    return weights


@dataclass(frozen=True)
class Rhythm:
    """Open days and what happens in them; all arrays have one entry (or row) per open day."""

    days: NDArray[np.datetime64]
    lines: NDArray[np.int64]
    """Lines before those of the repeated days are doubled."""
    repeats: NDArray[np.int64]
    """1, or 2 in the repeated days: ``(lines * repeats).sum()`` is exactly the rows asked for."""
    starts: NDArray[np.int64]
    """Number of lines before each day, and in all (n_days + 1)."""
    cumulative: NDArray[np.float64]
    """Share of the day's lines before the end of each hour (n_days, 15)."""
    month: NDArray[np.int64]
    """Months since the first one."""

    def day_of(self, line: NDArray[np.int64]) -> NDArray[np.int64]:
        found: NDArray[np.int64] = np.searchsorted(self.starts, line, side="right") - 1
        return found

    def minute_of(self, day: NDArray[np.int64], line: NDArray[np.float64]) -> NDArray[np.int64]:
        """Minutes since 1970 of these places in the stream of lines; never decreasing within a day."""
        share = (line - self.starts[day]) / self.lines[day]
        table = self.cumulative[day]
        slot = np.minimum((table <= share[:, None]).sum(axis=1), HOURS.size - 1)
        before = np.where(slot > 0, np.take_along_axis(table, np.maximum(slot - 1, 0)[:, None], axis=1)[:, 0], 0.0)
        after = np.take_along_axis(table, slot[:, None], axis=1)[:, 0]
        within = np.clip((share - before) / np.maximum(after - before, 1e-12), 0.0, 0.999999)
        last = (day == self.days.size - 1) & (HOURS[slot] == LAST_HOUR)
        minute = HOURS[slot] * 60 + (within * np.where(last, LAST_MINUTES, 60)).astype(np.int64)
        since: NDArray[np.int64] = self.days[day].astype(np.int64) * 1440 + minute
        return since

    @property
    def last_minute(self) -> int:
        """The minute of the last line, in minutes since 1970."""
        return int(self.days[-1].astype(np.int64)) * 1440 + LAST_HOUR * 60 + LAST_MINUTES - 1

    def line_at(self, day: int, minute: int) -> int:
        """The first line of a day that is not before a minute of that day (the day's end where all are)."""
        hour, rest = divmod(minute, 60)
        table = np.concatenate([[0.0], self.cumulative[day]])
        span = LAST_MINUTES if day == self.days.size - 1 and hour == LAST_HOUR else 60
        slot = hour - int(HOURS[0])
        share = table[slot] + (table[slot + 1] - table[slot]) * rest / span
        position = int(np.ceil(share * self.lines[day] - 0.5))
        return int(self.starts[day]) + int(np.clip(position, 0, self.lines[day]))


def plan(rows: int, rng: np.random.Generator) -> Rhythm:
    """Spread exactly ``rows`` lines over the open days; every open day has trade if there are lines enough."""
    days = open_days()
    weekdays = weekday(days)
    hourly = _PROFILE[weekdays] * rng.gamma(8.0, 1 / 8.0, (days.size, HOURS.size))
    share = hourly / hourly.sum(axis=1, keepdims=True)
    left = np.where(HOURS < LAST_HOUR, 1.0, np.where(HOURS == LAST_HOUR, LAST_MINUTES / 60, 0.0))
    part = float((share[-1] * left).sum())
    share[-1] = share[-1] * left / part
    weights = expected(days, rng)
    weights[-1] *= part
    repeats = np.where((days >= REPEATED[0]) & (days <= REPEATED[1]), 2, 1)
    weights = weights * repeats
    least = repeats if rows >= 2 * int(repeats.sum()) else np.zeros_like(repeats)
    counts = least + rng.multinomial(rows - int(least.sum()), weights / weights.sum())
    # a line that stands twice takes two rows: an odd one over goes to the largest ordinary day
    odd = counts % repeats
    counts = counts - odd
    counts[np.argmax(np.where(repeats == 1, counts, -1))] += odd.sum()
    lines = counts // repeats
    month = days.astype("datetime64[M]").astype(np.int64)
    cumulative = np.cumsum(share, axis=1)
    cumulative[:, -1] = 1.0
    return Rhythm(days, lines, repeats, np.concatenate([[0], np.cumsum(lines)]), cumulative, month - month[0])
