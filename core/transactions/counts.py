"""How often each value of a feature of the lines stands on each day: all that drift needs, without the lines.

Values do not depend on the data (numbers to 3 significant digits), so counts of days made at different times belong
together: a new day costs its own lines only, and any window, reference or bin is a sum over the same small table.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

    from core.transactions.store import Generation

Kind = Literal["numeric", "category"]
Level = Literal["day", "line"]
Query = Callable[[str, Sequence[object]], pa.Table]
Ints = npt.NDArray[np.int64]

COUNTS_FILE = "counts.parquet"
FORMAT = 2
MOST_ROWS = 1 << 16
"""Of a row group: so many are held while one is read."""
SIGNIFICANT_DIGITS = 3
"""Numbers are told apart to so many digits: prices below 10 to the cent, and few enough values to keep."""


FEW_DAYS = 31
"""So many days' lines are held while they are counted; of more, each feature is counted by itself, however many."""


class LineFeature(NamedTuple):
    """``value``: SQL over ``source``, one of the views of ``count_days``; ``needs``: the columns it is made from."""

    name: str
    kind: Kind
    value: str
    source: str
    needs: tuple[str, ...]


def _rounded(value: str) -> str:
    digits = f"{SIGNIFICANT_DIGITS - 1} - floor(log10(abs({value})))::INTEGER"
    return f"CASE WHEN {value} = 0 THEN 0.0 ELSE round({value}, {digits}) END"


LINE_FEATURES = (
    LineFeature("quantity", "numeric", "quantity", "span", ("quantity",)),
    LineFeature("price", "numeric", "price", "span", ("price",)),
    LineFeature("amount", "numeric", "amount", "span", ("quantity", "price")),
    LineFeature("hour", "numeric", "hour(time)", "span", ("time",)),
    LineFeature("basket", "numeric", "lines", "baskets", ("invoice",)),
    LineFeature("country", "category", "country", "span", ("country",)),
    LineFeature("product", "category", "product", "span", ("product",)),
    LineFeature("customer_type", "category", "type", "customers", ("customer",)),
    LineFeature("outcome", "category", "outcome", "outcomes", ()),
)
"""``basket``: lines of an invoice on a day; ``customer_type``: new on the customer's first day, returning later;
``outcome``: of every line read, used or the cleaning rule that dropped it. None looks at later days."""

_VIEWS = """
    span AS MATERIALIZED (SELECT *, 1 AS n FROM lines WHERE day BETWEEN $1 AND $2),
    baskets AS (SELECT day, count(*) AS lines, 1 AS n FROM span WHERE invoice IS NOT NULL GROUP BY day, invoice),
    known AS (SELECT customer, min(day) AS first FROM lines WHERE day <= $2 GROUP BY customer),
    customers AS (SELECT day, if(customer IS NULL, NULL, if(first = day, 'new', 'returning')) AS type, n
                  FROM span LEFT JOIN known USING (customer)),
    outcomes AS (SELECT day, if(rule = '', 'used', rule) AS outcome, lines AS n FROM cube WHERE day BETWEEN $1 AND $2)
"""


@dataclass(frozen=True)
class FeatureDays:
    """The counts of one feature: entry i says that ``values[value[i]]`` stands ``count[i]`` times on day ``day[i]``
    (days since the first); entries ascend by day and value. ``missing``, shape (days,): lines without a value.
    ``level``: what is counted, lines or days."""

    name: str
    kind: Kind
    values: npt.NDArray[Any]
    day: Ints
    value: Ints
    count: Ints
    missing: Ints
    level: Level = "line"

    def between(self, first: int, last: int) -> Ints:
        """Counts by value, shape (values,), of the days ``first`` to ``last``, both included."""
        start, end = np.searchsorted(self.day, [first, last + 1])
        counted = np.bincount(self.value[start:end], self.count[start:end], len(self.values))
        return counted.astype(np.int64)

    def binned(self, bins: npt.NDArray[np.intp], n_bins: int, first: int = 0, last: int | None = None) -> Ints:
        """Counts by day and bin, shape (days, n_bins), of the days ``first`` to ``last``, both included (default: all);
        ``bins``: the bin of each value, shape (values,). Costs those days only."""
        last = len(self.missing) - 1 if last is None else last
        start, end = np.searchsorted(self.day, [first, last + 1])
        cell = (self.day[start:end] - first) * n_bins + bins[self.value[start:end]]
        counted = np.bincount(cell, self.count[start:end], max(last - first + 1, 0) * n_bins)
        return counted.astype(np.int64).reshape(-1, n_bins)


@dataclass(frozen=True)
class DayCounts:
    """Every feature over the same days, without gaps."""

    first_day: dt.date
    features: tuple[FeatureDays, ...]

    @property
    def n_days(self) -> int:
        return len(self.features[0].missing) if self.features else 0

    def __getitem__(self, name: str) -> FeatureDays:
        return next(one for one in self.features if one.name == name)

    def number(self, day: dt.date) -> int:
        """How many days after the first."""
        return (day - self.first_day).days

    def replaced(self, newer: DayCounts) -> DayCounts:
        """The same with the days of ``newer`` in place of its own; it may add days at either end.

        The result is what counting all lines anew would give, for days that did not change.
        """
        first = min(self.first_day, newer.first_day)
        n_days = max((one.first_day - first).days + one.n_days for one in (self, newer))
        old = {one.name: one for one in self.features}
        shifts = (self.first_day - first).days, (newer.first_day - first).days
        features = [_merged(old.get(one.name), one, *shifts, n_days) for one in newer.features]
        return DayCounts(first, tuple(features))

    def to_table(self) -> pa.Table:
        """One Arrow table: feature, day (date), number or label, count; lines without a value have neither."""
        table = pa.concat_tables(_rows(one, self.first_day) for one in self.features)
        return _labelled(table, self.first_day, self.n_days, self.features)

    @classmethod
    def from_table(cls, table: pa.Table) -> DayCounts:
        about = json.loads(table.schema.metadata[b"tidemark"])
        first, n_days = dt.date.fromisoformat(about["first_day"]), about["days"]
        names = table["feature"].combine_chunks().dictionary_encode() if about["features"] else None
        index = names.indices.to_numpy() if names is not None else np.zeros(0)
        known = names.dictionary.to_pylist() if names is not None else []
        features = []
        for name, kind, level in about["features"]:
            rows = np.flatnonzero(index == known.index(name)) if name in known else np.zeros(0, np.int64)
            span = table.slice(int(rows[0]), len(rows)) if len(rows) else table.slice(0, 0)
            features.append(replace(_feature(name, kind, span, first, n_days), level=level))
        return cls(first, tuple(features))


def count_days(query: Query, columns: Sequence[str], first: dt.date, last: dt.date) -> DayCounts:
    """Counts the lines of the days ``first`` to ``last``. ``query``: as Generation.query; ``columns``: of the data."""
    counted = [one for one in LINE_FEATURES if set(columns).issuperset(one.needs)]
    span = [first, last]
    if (last - first).days < FEW_DAYS:  # their lines are read once, and held
        parts = " UNION ALL ".join(_counted(one) for one in counted)
        table = query(f"WITH {_VIEWS} {parts} ORDER BY ALL", span)
    else:
        views = _VIEWS.replace("AS MATERIALIZED", "AS NOT MATERIALIZED")
        table = pa.concat_tables(query(f"WITH {views} {_counted(one)} ORDER BY ALL", span) for one in counted)
    return DayCounts.from_table(_labelled(table, first, (last - first).days + 1, counted))


def counted_by(feature: LineFeature, segment: str) -> str:
    """SQL for the counts of one feature by segment, an SQL expression over lines: feature, segment, day, number, label,
    count. Its parameters are the first and the last day."""
    views = _VIEWS.replace("AS MATERIALIZED", "AS NOT MATERIALIZED")
    views = views.replace("SELECT *, 1 AS n FROM lines", f"SELECT *, 1 AS n, {segment} AS segment FROM lines")
    views = views.replace("SELECT day, count(*) AS lines, 1 AS n", "SELECT day, min(segment) AS segment, "
                          "count(*) AS lines, 1 AS n")  # fmt: skip
    views = views.replace("AS type, n\n", "AS type, n, segment\n")
    return f"WITH {views} {_counted(feature, 'segment, ')} ORDER BY ALL"


def _counted(feature: LineFeature, further: str = "") -> str:
    """``further``: columns to count by beside day and value."""
    numeric = feature.kind == "numeric"
    number, label = (_rounded("value"), "NULL") if numeric else ("NULL", "value::VARCHAR")
    value = f"{feature.value}::DOUBLE" if numeric else feature.value
    return f"""
        SELECT '{feature.name}' AS feature, {further}day, {number}::DOUBLE AS number, {label}::VARCHAR AS label,
               sum(n)::BIGINT AS count
        FROM (SELECT {further}day, {value} AS value, sum(n) AS n FROM {feature.source} GROUP BY ALL) GROUP BY ALL"""


def _labelled(table: pa.Table, first: dt.date, n_days: int, features: Sequence[LineFeature | FeatureDays]) -> pa.Table:
    about = {"format": FORMAT, "first_day": first.isoformat(), "days": n_days,
             "features": [[one.name, one.kind, getattr(one, "level", "line")] for one in features]}  # fmt: skip
    return table.replace_schema_metadata({"tidemark": json.dumps(about)})


def counts_of(generation: Generation) -> DayCounts:
    """Those that were written with the generation; counted now where it was made by an earlier version."""
    if not are_counted(generation):
        write_counts(generation)
    return DayCounts.from_table(pq.ParquetFile(generation.path / COUNTS_FILE).read())


def are_counted(generation: Generation) -> bool:
    """Whether the lines of a generation are counted as this version of the code counts them."""
    file = generation.path / COUNTS_FILE
    return file.is_file() and _format_of(file) == FORMAT


def _format_of(file: Path) -> int:
    about = json.loads(pq.read_schema(file).metadata[b"tidemark"])
    return int(about["format"])


def write_counts(generation: Generation) -> None:
    """Counts all days of a generation into its folder, each feature in row groups of its own; atomic."""
    manifest = generation.manifest
    counted = count_days(generation.query, manifest.columns, manifest.first_day, manifest.last_day)
    _publish(counted, generation.path / COUNTS_FILE)


def update_counts(generation: Generation, before: Generation, spans: Sequence[tuple[dt.date, dt.date]]) -> None:
    """Like ``write_counts``, but counts the days of ``spans`` (first, last) only and takes the others from the
    generation before, of which no day may be missing now."""
    counted = counts_of(before)
    for first, last in spans:
        counted = counted.replaced(count_days(generation.query, generation.manifest.columns, first, last))
    _publish(counted, generation.path / COUNTS_FILE)


def _publish(counted: DayCounts, file: Path) -> None:
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    _write(counted, temporary)
    with temporary.open("rb") as stream:
        os.fsync(stream.fileno())
    temporary.replace(file)


def _write(counted: DayCounts, file: Path) -> None:
    table = counted.to_table()
    with pq.ParquetWriter(file, table.schema, compression="zstd") as writer:
        start = 0
        for one in counted.features:
            rows = len(one.day) + int(np.count_nonzero(one.missing))
            if rows:
                writer.write_table(table.slice(start, rows), row_group_size=MOST_ROWS)
            start += rows


def groups_of(file: pq.ParquetFile, name: str) -> list[int]:
    """The row groups that can hold a feature: its own, or of a file that an earlier version wrote perhaps all."""
    column = file.schema_arrow.names.index("feature")
    found = []
    for group in range(file.num_row_groups):
        known = file.metadata.row_group(group).column(column).statistics
        if known is None or not known.has_min_max or known.min <= name <= known.max:
            found.append(group)
    return found


def _feature(name: str, kind: Kind, table: pa.Table, first: dt.date, n_days: int) -> FeatureDays:
    """From rows day, number, label, count that ascend."""
    day = (table["day"].to_numpy().astype("datetime64[D]") - np.datetime64(first, "D")).astype(np.int64)
    count = table["count"].to_numpy().astype(np.int64)
    if kind == "numeric":
        given = table["number"].to_numpy()
        there = ~np.isnan(given)
        values, value = np.unique(given[there], return_inverse=True)
    else:
        labels = table["label"].combine_chunks().dictionary_encode()
        there = np.asarray(labels.is_valid())
        found = np.array(labels.dictionary.to_pylist(), dtype=object)
        order = np.argsort(found)
        rank = np.empty(len(found), np.int64)
        rank[order] = np.arange(len(found))
        codes = labels.indices.drop_null().to_numpy()
        values, value = found[order], rank[codes]
    missing = np.bincount(day[~there], count[~there], n_days).astype(np.int64)
    return FeatureDays(name, kind, values, day[there], value.astype(np.int64), count[there], missing)


def _rows(feature: FeatureDays, first: dt.date) -> pa.Table:
    empty = np.flatnonzero(feature.missing)
    days = np.concatenate([feature.day, empty])
    order = np.argsort(days, kind="stable")
    taken = np.concatenate([feature.value, np.full(len(empty), -1)])[order]
    count = np.concatenate([feature.count, feature.missing[empty]])[order]
    gone = taken < 0
    chosen = feature.values[np.where(gone, 0, taken)] if len(feature.values) else np.full(len(taken), None)
    numeric = feature.kind == "numeric"
    nothing = pa.nulls(len(taken), pa.string() if numeric else pa.float64())
    held = pa.array(chosen, pa.float64() if numeric else pa.string(), mask=gone)
    return pa.table(
        {
            "feature": pa.array(np.full(len(taken), feature.name)),
            "day": pa.array(np.datetime64(first, "D") + days[order]),
            "number": held if numeric else nothing,
            "label": nothing if numeric else held,
            "count": pa.array(count.astype(np.int64)),
        }
    )


def _merged(old: FeatureDays | None, new: FeatureDays, shift_old: int, shift_new: int, n_days: int) -> FeatureDays:
    """``shift_*``: days from the first day of the result to that of either."""
    missing = np.zeros(n_days, np.int64)
    if old is None:
        missing[shift_new : shift_new + len(new.missing)] = new.missing
        return replace(new, day=new.day + shift_new, missing=missing)
    begin = shift_new - shift_old
    before, after = np.searchsorted(old.day, [begin, begin + len(new.missing)])
    missing[shift_old : shift_old + len(old.missing)] = old.missing
    missing[shift_new : shift_new + len(new.missing)] = new.missing
    every, place_old, place_new = _union(old.values, new.values)
    held = place_old[old.value]
    # days ascend, and so do values within a day: nothing has to be sorted
    day = np.concatenate([old.day[:before] + shift_old, new.day + shift_new, old.day[after:] + shift_old])
    value = np.concatenate([held[:before], place_new[new.value], held[after:]])
    count = np.concatenate([old.count[:before], new.count, old.count[after:]])
    used = np.bincount(value, minlength=len(every)) > 0
    if not used.all():
        every, value = every[used], (np.cumsum(used) - 1)[value]
    return FeatureDays(new.name, new.kind, every, day, value, count, missing, new.level)


def _union(old: npt.NDArray[Any], new: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ints, Ints]:
    """The values of both, which ascend, and where each value of either stands among them."""
    place = np.searchsorted(old, new)
    unknown = np.ones(len(new), np.bool_)
    inside = place < len(old)
    unknown[inside] = old[place[inside]] != new[inside]
    added = place[unknown]
    moved = np.searchsorted(added, np.arange(len(old)), side="right")
    return (
        np.insert(old, added, new[unknown]),
        np.arange(len(old)) + moved,
        place + np.cumsum(unknown) - unknown,
    )
