"""Lines that came over HTTP: batches in the database, in order of acceptance, each kept as Parquet for ever."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, func, insert, make_url, select, text
from sqlalchemy.exc import IntegrityError

from core.config import Config
from core.errors import TidemarkError
from core.state.engine import open_engine, reading, writing
from core.state.tables import BATCHES, now
from core.transactions.clean import POSTED_SOURCE
from core.transactions.staging import LINE_COLUMNS, TEXT_COLUMNS, insert_lines

POSTED = "posted"
"""How lines that came over HTTP are called among the sources of a generation."""

SCHEMA = pa.schema(
    [("time", pa.timestamp("us")), ("quantity", pa.float64()), ("price", pa.float64())]
    + [(name, pa.string()) for name in TEXT_COLUMNS]
)
"""The columns of a batch. ``time``: local clock of the business, no zone."""

LINES_AT_ONCE = 200_000
"""About so many posted lines are in memory at a time."""


class KeyReusedError(TidemarkError):
    """A batch with this key was accepted before, and it had other lines."""


class Accepted(NamedTuple):
    """``id``: the number of the batch; ``is_new``: false if it had been accepted before."""

    id: int
    is_new: bool


class Inserted(NamedTuple):
    """How many lines were put into ``raw``, and the last batch among them (0: none)."""

    lines: int
    last_id: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines to be kept: ``table`` with the columns of SCHEMA, at least one line."""

    key: str
    digest: str
    table: pa.Table

    @property
    def days(self) -> list[dt.date]:
        """Every day that a line is of, ascending."""
        found: list[dt.date] = np.unique(self.table["time"].to_numpy().astype("datetime64[D]")).tolist()
        return found


class Batches:
    """Access to the table of batches; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, key: str, digest: str) -> int | None:
        """The batch that was accepted under a key. Raises KeyReusedError if it had other lines."""
        with reading(self._engine) as connection:
            row = connection.execute(select(BATCHES.c.id, BATCHES.c.digest).where(BATCHES.c.key == key)).one_or_none()
        if row is None:
            return None
        if row.digest != digest:
            raise KeyReusedError("This key was used before, for other lines.")
        return int(row.id)

    def accept(self, batch: Batch, who: str) -> Accepted:
        """Keeps a batch, once: it is on the disk when this returns. Raises KeyReusedError, and DiskFullError."""
        days = batch.days
        row = {
            "key": batch.key, "digest": batch.digest, "received_at": now(), "who": who, "lines": len(batch.table),
            "first_day": days[0], "last_day": days[-1], "content": to_parquet(batch.table),
        }  # fmt: skip
        try:
            with writing(self._engine) as connection:
                if connection.dialect.name == "postgresql":
                    # numbers are given before the commit there: a lower one must not appear after a higher one
                    connection.execute(text("LOCK TABLE batches IN EXCLUSIVE MODE"))
                made = connection.execute(insert(BATCHES).values(row).returning(BATCHES.c.id)).scalar_one()
                return Accepted(int(made), True)
        except IntegrityError:  # the same key came twice at once
            known = self.find(batch.key, batch.digest)
            if known is None:
                raise
            return Accepted(known, False)

    def last_id(self) -> int:
        """The number of the newest batch, 0 for none."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.max(BATCHES.c.id))).scalar() or 0)

    def spans(self, after: int) -> list[tuple[dt.date, dt.date]]:
        """First and last day of every batch with a higher number than ``after``."""
        with reading(self._engine) as connection:
            query = select(BATCHES.c.first_day, BATCHES.c.last_day).where(BATCHES.c.id > after)
            return [(row.first_day, row.last_day) for row in connection.execute(query)]

    def tables(self, after: int = 0) -> Iterator[tuple[int, pa.Table]]:
        """The lines of the batches above ``after`` in order, some at a time, each time with the last one's number."""
        while True:
            numbers, tables = self._some(after)
            if not numbers:
                return
            after = numbers[-1]
            yield after, pa.concat_tables(tables)

    def _some(self, after: int) -> tuple[list[int], list[pa.Table]]:
        numbers: list[int] = []
        tables: list[pa.Table] = []
        lines = 0
        query = select(BATCHES.c.id, BATCHES.c.content, BATCHES.c.lines).where(BATCHES.c.id > after)
        with reading(self._engine) as connection:
            rows = connection.execution_options(yield_per=50).execute(query.order_by(BATCHES.c.id))
            for row in rows:
                numbers.append(int(row.id))
                tables.append(from_parquet(row.content))
                lines += row.lines
                if lines >= LINES_AT_ONCE:
                    break
            rows.close()
        return numbers, tables


def batches_of(config: Config) -> Batches | None:
    """The batches of an installation; None where no database was made yet, so that looking does not make one."""
    url = make_url(config.database)
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file not in (None, "", ":memory:") and not Path(str(file)).exists():
        return None
    return Batches(open_engine(config.database))


def insert_posted(
    connection: duckdb.DuckDBPyConnection, batches: Batches, columns: Sequence[str], after: int = 0
) -> Inserted:
    """Puts the lines of all batches above ``after`` into ``raw``, which must be there.

    ``columns``: those of the installation's files; what a posted line says beyond them is not used.
    """
    lines = last_id = 0
    for number, table in batches.tables(after):
        lines, last_id = lines + insert_table(connection, table, columns), number
    return Inserted(lines, last_id)


def insert_table(connection: duckdb.DuckDBPyConnection, table: pa.Table, columns: Sequence[str]) -> int:
    """Puts a table of posted lines into ``raw``; returns how many."""
    connection.register("posted_lines", table)
    try:
        return insert_lines(
            connection,
            "posted_lines",
            {name: name for name in TEXT_COLUMNS if name in columns},
            (),
            source=POSTED_SOURCE,
            time="time",
            quantity="quantity",
            price="price" if "price" in columns else "NULL::DOUBLE",
        )
    finally:
        connection.unregister("posted_lines")


def digest_of(table: pa.Table) -> str:
    """SHA-256 of the lines, hexadecimal: the same for the same lines in the same order, in whatever form they came."""
    columns = [table["time"].cast(pa.int64()).to_pylist(), *(table[name].to_pylist() for name in LINE_COLUMNS[1:])]
    return hashlib.sha256(orjson.dumps(columns)).hexdigest()


def to_parquet(table: pa.Table) -> bytes:
    """As the database keeps it."""
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd", write_statistics=False)
    return stream.getvalue()


def from_parquet(content: bytes) -> pa.Table:
    """Undoes ``to_parquet``."""
    return pq.ParquetFile(io.BytesIO(content)).read()
