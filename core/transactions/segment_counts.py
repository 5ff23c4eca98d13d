"""The counts by day and value for every segment apart: read only when somebody asks where a change comes from."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.series.panel import TOTAL
from core.transactions.counts import LINE_FEATURES, counted_by

if TYPE_CHECKING:
    from core.transactions.store import Generation

SEGMENTS_FILE = "segments.parquet"
SEGMENTED = ("quantity", "price", "amount", "hour", "basket", "customer_type")
"""Features that are kept by segment; the country is the segment, products are too many."""

_OTHER = "country:other"
BATCH = 1 << 15
"""Rows read at a time."""


def write_segment_counts(generation: Generation) -> None:
    """Counts into the folder of a generation whose lines have a country: a row group a feature; atomic."""
    manifest = generation.manifest
    if "country" not in manifest.columns:
        return
    named = ", ".join(f"'{name}'" for name in (one.removeprefix("country:").replace("'", "''")
                      for one in manifest.segments if one not in (TOTAL, _OTHER)))  # fmt: skip
    segment = f"if(country IN ({named}), 'country:' || country, '{_OTHER}')" if named else f"'{_OTHER}'"
    file = generation.path / SEGMENTS_FILE
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    writer = None
    for feature in LINE_FEATURES:
        if feature.name not in SEGMENTED or not set(manifest.columns).issuperset(feature.needs):
            continue
        sql = counted_by(feature, segment)
        table = generation.query(sql, [manifest.first_day, manifest.last_day])
        writer = writer or pq.ParquetWriter(temporary, table.schema, compression="zstd")
        if len(table):
            writer.write_table(table, row_group_size=len(table))
    if writer is not None:
        writer.close()
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(file)


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
