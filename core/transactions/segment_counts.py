"""The counts by day and value for every segment apart: read only when somebody asks where a change comes from."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.series.panel import TOTAL
from core.transactions.counts import LINE_FEATURES, counted_by
from core.transactions.workspace import file_literal, literal

if TYPE_CHECKING:
    from core.transactions.store import Generation

SEGMENTS_FILE = "segments.parquet"
SEGMENTED = ("quantity", "price", "amount", "hour", "basket", "customer_type")
"""Features that are kept by segment; the country is the segment, products are too many."""

_OTHER = "country:other"
ORDER = ("feature", "segment", "day", "number", "label", "count")
"""Columns of the file, which its rows ascend by."""
BATCH = 1 << 15
"""Rows read at a time."""


def write_segment_counts(generation: Generation) -> None:
    """Counts into the folder of a generation whose lines have a country: a row group a feature; atomic."""
    manifest = generation.manifest
    _write(generation, lambda counted, name: generation.query(counted, [manifest.first_day, manifest.last_day]))


def update_segment_counts(generation: Generation, before: Generation, spans: Sequence[tuple[dt.date, dt.date]]) -> None:
    """Like ``write_segment_counts``, but counts the days of ``spans`` (first, last) only and takes the others from the
    generation before, which must have the same segments."""
    old = file_literal(before.path / SEGMENTS_FILE)
    inside = " OR ".join(f"day BETWEEN DATE '{first}' AND DATE '{last}'" for first, last in spans) or "false"

    def table(counted: str, name: str) -> pa.Table:
        parts = [generation.query(counted, [first, last]) for first, last in spans]
        kept = f"SELECT * FROM read_parquet({old}) WHERE feature = '{name}' AND NOT ({inside})"
        return pa.concat_tables([generation.query(kept), *parts]).sort_by([(column, "ascending") for column in ORDER])

    _write(generation, table)


def _write(generation: Generation, table_of: Callable[[str, str], pa.Table]) -> None:
    """``table_of``: the rows of a feature, from SQL that counts the days between its two parameters and its name."""
    manifest = generation.manifest
    if "country" not in manifest.columns:
        return
    file = generation.path / SEGMENTS_FILE
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    writer = None
    for feature in LINE_FEATURES:
        if feature.name not in SEGMENTED or not set(manifest.columns).issuperset(feature.needs):
            continue
        table = table_of(counted_by(feature, _segment(manifest.segments)), feature.name)
        writer = writer or pq.ParquetWriter(temporary, table.schema, compression="zstd")
        if len(table):
            writer.write_table(table, row_group_size=len(table))
    if writer is not None:
        writer.close()
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(file)


def _segment(segments: Sequence[str]) -> str:
    """SQL for the segment of a line."""
    named = ", ".join(literal(one.removeprefix("country:")) for one in segments if one not in (TOTAL, _OTHER))
    return f"if(country IN ({named}), 'country:' || country, '{_OTHER}')" if named else f"'{_OTHER}'"


def segment_counts(generation: Generation, name: str, *windows: tuple[dt.date, dt.date]) -> pa.Table | None:
    """Of one feature: columns segment, day, number, label, count; only days of the ``windows`` if there are any. None
    where they are not kept. Texts are dictionaries."""
    file = generation.path / SEGMENTS_FILE
    if name not in SEGMENTED or not file.is_file():
        return None
    stored = pq.ParquetFile(file, read_dictionary=["segment", "label"], buffer_size=1 << 16)
    columns = ["segment", "day", "number", "label", "count"]
    for group in range(stored.num_row_groups):
        statistics = stored.metadata.row_group(group).column(0).statistics
        if statistics is not None and statistics.min == name:
            read = stored.iter_batches(BATCH, row_groups=[group], columns=columns, use_threads=False)
            found = [pa.Table.from_batches([one]) for one in read]
            return pa.concat_tables(_inside(one, windows) for one in found)
    return None


def _inside(table: pa.Table, windows: tuple[tuple[dt.date, dt.date], ...]) -> pa.Table:
    if not windows:
        return table
    day = table["day"].to_numpy().astype("datetime64[D]")
    found = [(day >= np.datetime64(start)) & (day <= np.datetime64(end)) for start, end in windows]
    return table.filter(pa.array(np.any(found, axis=0)))
