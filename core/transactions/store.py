"""The store as its readers see it: the current generation of Parquet files, asked through DuckDB."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.series.panel import Panel, Series
from core.transactions.clean import RuleCount
from core.transactions.workspace import file_literal

MANIFEST = "manifest.json"
POINTER = "CURRENT"
EXAMPLE_FILE, EXAMPLES = "examples.parquet", 20
"""Lines that every rule dropped, the first so many in time."""

READER_MEMORY, FREED_AT_ONCE = "256MB", "1MB"
"""What a reader may hold; what a query frees goes back to the system from so much on, else a worker would keep it."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file or sheet that went into a generation. ``path``: of the file, absolute; None for lines that were posted
    or kept, and where an earlier version made it."""

    name: str
    sheet: str | None
    lines: int
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds and what it was made from.

    ``first_day`` and ``last_day`` bound the panel; ``partial_day`` is the last day of the data if it was left out
    because it is only a part of one. ``content`` identifies lines, rules and code, whatever the file format.
    ``posted``: the last batch of posted lines in it. ``loaded``: the generation that was loaded in full, of which this
    one is a continuation by posted lines, or itself. ``key_sums``: see core.transactions.outline; None where an earlier
    version made it. ``further_columns``: its files have columns that we do not know; its lines then keep their keys.
    ``load``: the number of the load that it is of, see core.intake.loads; 0 before the first. ``rules``: rule id → on,
    as somebody chose; None: as the environment says. ``copies``: its lines say how often one file had them; those that
    are all that is left of an earlier version's do not (one is assumed).
    """

    id: str
    created_at: str
    lines_in: int
    lines_out: int
    waterfall: tuple[RuleCount, ...]
    first_day: dt.date
    last_day: dt.date
    last_time: dt.datetime
    partial_day: dt.date | None
    main_country: str | None
    segments: tuple[str, ...]
    measures: tuple[str, ...]
    columns: tuple[str, ...]
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
    content: str
    fingerprint: str
    seconds: dict[str, float] = field(default_factory=dict)
    posted: int = 0
    loaded: str = ""
    key_sums: tuple[int, int, int] | None = None
    further_columns: bool = False
    load: int = 0
    rules: Mapping[str, bool] | None = None
    copies: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=lambda value: value.isoformat(), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        data: dict[str, Any] = json.loads(text)
        day = dt.date.fromisoformat
        return cls(
            **data
            | {
                "waterfall": tuple(RuleCount(**count) for count in data["waterfall"]),
                "sources": tuple(Source(**source) for source in data["sources"]),
                "first_day": day(data["first_day"]),
                "last_day": day(data["last_day"]),
                "last_time": dt.datetime.fromisoformat(data["last_time"]),
                "partial_day": day(data["partial_day"]) if data["partial_day"] else None,
                "key_sums": tuple(data["key_sums"]) if data.get("key_sums") else None,
            }
            | {name: tuple(data[name]) for name in ("segments", "measures", "columns", "notes")}
        )


class Generation:
    """One immutable generation. Safe to use from several threads: each query has a cursor of its own.

    As long as the object lives its files are not removed, however many newer generations come.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        _hold(self, path / MANIFEST)
        self.manifest = Manifest.from_json((path / MANIFEST).read_text("utf-8"))
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._panel: Panel | None = None
        self._cube: pd.DataFrame | None = None

    def close(self) -> None:
        """Ends the connection to DuckDB, if there is one; the next query makes another."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @property
    def id(self) -> str:
        return self.manifest.id

    def query(self, sql: str, params: Sequence[object] = ()) -> pa.Table:
        """The answer to a SQL query over the views lines, rejected and cube, as an Arrow table."""
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            cursor = self._connection.cursor()
        try:
            return cursor.sql(sql, params=list(params)).to_arrow_table()
        finally:
            cursor.close()

    def panel(self) -> Panel:
        """All measures × segments, dense; the last day is ``manifest.last_day``."""
        if self._panel is None:
            table = pq.ParquetFile(self.path / "panel.parquet").read()  # read_table would load 12 MB of code
            names = [name for name in table.column_names if name != "day"]
            values = np.ascontiguousarray(np.stack([table[name].to_numpy() for name in names]))
            values.flags.writeable = False
            self._panel = Panel(tuple(map(Series.parse, names)), self.manifest.first_day, values)
        return self._panel

    def cube(self) -> pd.DataFrame:
        """day, hour, country, rule ('' for lines that count), lines, units, revenue: a row where there is any line.

        Read once and shared: do not change it. Charts take it from here, as opening DuckDB costs a process 40 MB.
        """
        if self._cube is None:
            table = pq.ParquetFile(self.path / "cube.parquet").read()
            self._cube = table.to_pandas(strings_to_categorical=True, date_as_object=False)
        return self._cube

    def examples(self, rule_id: str, limit: int = 5) -> pd.DataFrame:
        """The first lines in time that a rule dropped, columns of ``rejected``; at most EXAMPLES of them are kept."""
        if not (self.path / EXAMPLE_FILE).is_file():  # written by an earlier version
            order = "ORDER BY time, invoice, product LIMIT ?"
            table = self.query(f"SELECT * FROM rejected WHERE rule = ? {order}", [rule_id, limit])
            return pd.DataFrame(table.to_pandas())
        frame = pd.DataFrame(pq.ParquetFile(self.path / EXAMPLE_FILE).read().to_pandas())
        return frame[frame["rule"] == rule_id].head(limit).reset_index(drop=True)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(
            config={
                "threads": 1,
                "memory_limit": READER_MEMORY,
                "allocator_flush_threshold": FREED_AT_ONCE,
                "allocator_bulk_deallocation_flush_threshold": FREED_AT_ONCE,
                "temp_directory": str(Path(tempfile.gettempdir()) / f"tidemark-{os.getpid()}"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        for view in ("lines", "rejected"):
            files = ", ".join(file_literal(file) for file in sorted((self.path / view).rglob("*.parquet")))
            relation = f"read_parquet([{files}], hive_partitioning = false)"
            connection.execute(f"CREATE VIEW {view} AS SELECT * FROM {relation}")
        # the cube is small and asked by every chart: in memory it answers in about a millisecond
        connection.execute(
            f"CREATE TABLE cube AS SELECT * FROM read_parquet({file_literal(self.path / 'cube.parquet')})"
        )
        return connection


def _hold(reader: Generation, file: Path) -> None:
    """Shares a lock on the file until the reader is gone; the remover of old generations asks for it alone."""
    descriptor = os.open(file, os.O_RDONLY)
    weakref.finalize(reader, os.close, descriptor)
    with suppress(OSError):  # a disk that knows no locks: then the number of generations kept must do
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


class Store:
    """The folder of generations. ``current()`` costs one stat, so that every request may ask."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._current: Generation | None = None
        self._other: Generation | None = None

    def named(self, name: str) -> Generation | None:
        """A generation by its id, if it is still there: what a version was trained on, while newer data came in."""
        current = self.current()
        if current is not None and current.id == name:
            return current
        with self._lock:
            if self._other is None or self._other.id != name:
                folder = self.root / Path(name).name
                self._other = Generation(folder) if (folder / MANIFEST).is_file() else None
            return self._other

    def current(self) -> Generation | None:
        """The generation that the pointer names, or None as long as nothing was loaded."""
        try:
            stat = (self.root / POINTER).stat()
        except FileNotFoundError:
            return None
        seen = (stat.st_mtime_ns, stat.st_ino)
        with self._lock:
            if seen != self._seen:
                name = (self.root / POINTER).read_text("utf-8").strip()
                if self._current is None or self._current.path.name != name:
                    self._current = Generation(self.root / name)
                self._seen = seen
            return self._current
