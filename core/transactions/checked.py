"""Whether posted lines can become part of the data: as an Arrow table, with every fault by line and field.

What passes can always be merged and loaded again; that is what makes an answer to the client a promise. No DuckDB
here: web workers look at lines with this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.series.panel import TOTAL, Series
from core.transactions.daily import FAR_DAYS
from core.transactions.posted import SCHEMA
from core.transactions.staging import LINE_COLUMNS, TEXT_COLUMNS
from core.transactions.store import Generation

LARGEST = 999_999_999_999
"""Of a quantity, a price and their product, either sign: what a DECIMAL(18, 6) holds."""

LATE_DAYS = 62
"""A line may be so many days after all others; more where the data have a longer pause. Two months: a shop's summer."""

Column = Sequence[object]
Days = npt.NDArray[np.datetime64]


class Fault(NamedTuple):
    """What is wrong with a line: its index from 0, the field, a sentence."""

    line: int
    field: str
    sentence: str


def table_of(columns: Mapping[str, Column]) -> tuple[pa.Table | None, list[Fault]]:
    """The lines with the columns of SCHEMA, or what is wrong with their times.

    ``columns``: our names → values of the right type, None where nothing is given; an empty text is none. Times as ISO
    text of a form that can be read; only whether there is such a day is left to be seen.
    """
    try:
        times = np.array(columns["time"], dtype="datetime64[us]")
    except ValueError:
        return None, [
            Fault(index, "time", f"there is no such time as {value}")
            for index, value in enumerate(columns["time"])
            if not _is_time(str(value))
        ]
    arrays = [pa.array(times)]
    for name in LINE_COLUMNS[1:]:
        values = columns[name]
        if name in TEXT_COLUMNS and "" in values:
            values = [value or None for value in values]
        arrays.append(pa.array(values, SCHEMA.field(name).type))
    return pa.table(arrays, schema=SCHEMA), []


def _is_time(text: str) -> bool:
    try:
        np.datetime64(text, "us")
    except ValueError:
        return False
    return True


def faults_in(
    table: pa.Table, generation: Generation, spans: Sequence[tuple[dt.date, dt.date]], today: dt.date
) -> list[Fault]:
    """Everything that keeps lines from becoming part of the data, by line.

    ``spans``: first and last days of what was posted and is not in the generation yet; ``today``: by the clock.
    """
    known = days_of(generation, spans)
    times = _ahead(table, today)
    for more in (_late(table, generation, known), _far(table, generation, known)):
        told = {one.line for one in times}
        times += [one for one in more if one.line not in told]
    return sorted([*_unknown_columns(table, generation), *_too_large(table), *times])


def _unknown_columns(table: pa.Table, generation: Generation) -> list[Fault]:
    """A column that the files lack would drop all their lines (no customer), or make other measures."""
    known = generation.manifest.columns
    faults = []
    for name in LINE_COLUMNS:
        if name not in known and table[name].null_count < len(table):
            sentence = f"the data of this installation have no {name}; leave it out (they have {', '.join(known)})"
            given = np.flatnonzero(table[name].is_valid().to_numpy())
            faults += [Fault(int(index), name, sentence) for index in given]
    return faults


def _too_large(table: pa.Table) -> list[Fault]:
    """Where quantity × price is beyond what can be added up."""
    amounts = table["quantity"].to_numpy() * np.nan_to_num(table["price"].to_numpy().astype(np.float64))
    sentence = f"quantity × price is larger than {LARGEST:,}"
    return [Fault(int(index), "price", sentence) for index in np.flatnonzero(np.abs(amounts) > LARGEST)]


def _ahead(table: pa.Table, today: dt.date) -> list[Fault]:
    """Nothing has been sold tomorrow: one line with a year that is off by one would make a year of empty days, and the
    next forecasts would be of nothing. A day is left for clocks of other zones."""
    last = today + dt.timedelta(days=1)
    sentence = f"this day lies ahead (today is {today}); perhaps the year is mistyped"
    ahead = np.flatnonzero(table["time"].to_numpy().astype("datetime64[D]") > np.datetime64(last, "D"))
    return [Fault(int(index), "time", sentence) for index in ahead]


def _late(table: pa.Table, generation: Generation, known: Days) -> list[Fault]:
    """Lines after a pause longer than any before: its days would be days of zero, and the next forecasts of nothing.

    Lines of one batch may bridge it. ``known``: as of ``days_of``.
    """
    days = table["time"].to_numpy().astype("datetime64[D]")
    coming = np.unique(np.concatenate([known[-1:], days[days > known[-1]]]))
    limit = _longest_pause(generation)
    pauses = np.flatnonzero(np.diff(coming) > np.timedelta64(limit, "D"))
    if not len(pauses):
        return []
    last = coming[pauses[0]]
    faults = []
    for index in np.flatnonzero(days > last):
        after = int((days[index] - last).astype(int))
        sentence = (
            f"this is {after} days after the last day known ({last}); at most {limit} are taken, as all days between "
            "would count as days without a sale: send the days between first, or load them as a file"
        )
        faults.append(Fault(int(index), "time", sentence))
    return faults


def _longest_pause(generation: Generation) -> int:
    """How many days after all others a line may be: what a full load would refuse, never."""
    days = days_of(generation, ())
    longest = int(np.diff(days).max().astype(int)) if len(days) > 1 else 0
    return min(max(LATE_DAYS, longest), FAR_DAYS)


def _far(table: pa.Table, generation: Generation, known: Days) -> list[Fault]:
    """Lines more than FAR_DAYS away from all others: a mistyped year would make years of empty days."""
    days = table["time"].to_numpy().astype("datetime64[D]")
    posted = np.unique(days)
    every = np.unique(np.concatenate([posted, known]))
    group = np.concatenate([[0], np.cumsum(np.diff(every) > np.timedelta64(FAR_DAYS, "D"))])
    near = np.isin(group, group[np.searchsorted(every, known)])
    far = every[~near]
    if not len(far):
        return []
    sentence = (
        f"this is more than {FAR_DAYS} days away from all other lines "
        f"({generation.manifest.first_day} to {generation.manifest.last_day}); perhaps the year is mistyped"
    )
    return [Fault(int(index), "time", sentence) for index in np.flatnonzero(np.isin(days, far))]


def days_of(generation: Generation, spans: Sequence[tuple[dt.date, dt.date]]) -> Days:
    """Days with lines: of the generation, and the first and last of each span; ascending."""
    panel, partial = generation.panel(), generation.manifest.partial_day
    more = [day for span in spans for day in span] + ([partial] if partial else [])
    with_lines = panel.days[panel[Series("transactions", TOTAL)] > 0]
    return np.unique(np.concatenate([with_lines, np.array(more, "datetime64[D]")]))
