"""Writing a generation: into a temporary folder, synced, renamed, and only then pointed to."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core.series.panel import Panel
from core.transactions.counts import write_counts
from core.transactions.segment_counts import write_segment_counts
from core.transactions.store import EXAMPLE_FILE, EXAMPLES, MANIFEST, POINTER, Generation, Manifest
from core.transactions.workspace import literal, scalar

KNOWN = "KNOWN"
"""File that says which other files hold the same as the current generation."""

KEEP = 3
"""Generations kept: readers of an older one finish in peace."""

LINE_VIEW = "time, day, invoice, product, description, quantity, price, customer, country, seen, amount"


@contextmanager
def writer_lock(root: Path) -> Iterator[None]:
    """One writer at a time on this machine; also clears what a killed writer left behind."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in [*root.glob(".tmp-*"), *root.glob(".spill-*")]:
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def write_generation(root: Path, connection: duckdb.DuckDBPyConnection, panel: Panel, manifest: Manifest) -> Path:
    """Writes lines, rejected lines, cube and panel, and makes them current. Kill -9 anywhere leaves the old state.

    Reads the view ``ruled`` and the tables ``repeats`` and ``baskets`` of ``clean``. Needs the writer's lock.
    """
    folder = root / f".tmp-{uuid.uuid4().hex}"
    counted = """SELECT * EXCLUDE (rule, seen, copies), rule::VARCHAR AS rule, coalesce(seen, 1) AS seen
                 FROM ruled LEFT JOIN repeats USING (line)"""
    _write_lines(connection, folder / "lines", f"SELECT * FROM ({counted}) WHERE rule = ''", LINE_VIEW)
    duplicates = """SELECT * EXCLUDE (rule, seen, copies), 'duplicate' AS rule, seen - 1 AS seen
                    FROM ruled JOIN repeats USING (line)"""
    duplicate_on = any(count.id == "duplicate" and count.on for count in manifest.waterfall)
    rejected = f"SELECT * FROM ({counted}) WHERE rule <> ''"
    if duplicate_on:
        rejected += f" UNION ALL BY NAME {duplicates}"
    _write_lines(connection, folder / "rejected", rejected, f"{LINE_VIEW}, rule")
    connection.execute(
        f"""COPY (SELECT {LINE_VIEW}, rule FROM ({rejected})
                  QUALIFY row_number() OVER (PARTITION BY rule ORDER BY time, invoice, product) <= {EXAMPLES}
                  ORDER BY rule, time, invoice, product)
            TO {literal(str(folder / EXAMPLE_FILE))} (FORMAT parquet, COMPRESSION zstd)"""
    )
    connection.execute(
        f"""COPY (SELECT day, hour::SMALLINT AS hour, country, rule::VARCHAR AS rule, sum(lines)::BIGINT AS lines,
                         sum(units)::DOUBLE AS units, sum(amount)::DOUBLE AS revenue
                  FROM (SELECT day, hour, country, rule, lines, units, amount FROM baskets
                        {_duplicate_cells() if duplicate_on else ""})
                  GROUP BY ALL ORDER BY ALL)
            TO {literal(str(folder / "cube.parquet"))} (FORMAT parquet, COMPRESSION zstd)"""
    )
    columns = {"day": pa.array(panel.days)} | {
        str(series): pa.array(values) for series, values in zip(panel.series, panel.values, strict=True)
    }
    pq.write_table(pa.table(columns), folder / "panel.parquet", compression="zstd")
    for file in sorted(folder.rglob("*")):
        _sync(file)
    with (folder / MANIFEST).open("w", encoding="utf-8") as stream:
        stream.write(manifest.to_json())
        stream.flush()
        os.fsync(stream.fileno())
    made = Generation(folder)
    write_counts(made)
    write_segment_counts(made)
    made.close()
    _sync(folder)
    target = root / manifest.id
    folder.rename(target)
    _sync(root)
    _replace(root / POINTER, manifest.id + "\n")
    _forget_old(root, manifest.id)
    return target


def _duplicate_cells() -> str:
    return """UNION ALL
        SELECT day, hour, country, 'duplicate', (seen - 1)::BIGINT, (quantity * (seen - 1))::DECIMAL(18, 6),
               (amount * (seen - 1))::DECIMAL(38, 6)
        FROM ruled JOIN repeats USING (line)"""


def _write_lines(connection: duckdb.DuckDBPyConnection, folder: Path, query: str, columns: str) -> None:
    """A folder a month (month=2010-12), lines about in order of time, so that readers skip what they do not need."""
    folder.mkdir(parents=True)
    if not scalar(connection, f"SELECT count(*) FROM ({query})"):
        # readers find the columns even where there is no line
        connection.execute(f"COPY (SELECT {columns} FROM ({query})) TO {literal(str(folder / 'none.parquet'))}")
        return
    connection.execute(
        f"""COPY (SELECT strftime(day, '%Y-%m') AS month, {columns} FROM ({query}) ORDER BY time, invoice, product)
            TO {literal(str(folder))} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (month), OVERWRITE)"""
    )


def known_fingerprint(root: Path, generation: str) -> str | None:
    """The fingerprint of other files that were found to hold what ``generation`` holds, if that was noted last."""
    try:
        name, fingerprint = (root / KNOWN).read_text("utf-8").split()
    except (FileNotFoundError, ValueError):
        return None
    return fingerprint if name == generation else None


def note_fingerprint(root: Path, generation: str, fingerprint: str) -> None:
    """Remembers that files of this fingerprint need not be read again as long as ``generation`` is current."""
    _replace(root / KNOWN, f"{generation} {fingerprint}\n")


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    with temporary.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    _sync(path.parent)


def _forget_old(root: Path, current: str) -> None:
    for leftover in [*root.glob(f"{POINTER}.*"), *root.glob(f"{KNOWN}.*")]:
        leftover.unlink(missing_ok=True)
    generations = sorted(path for path in root.iterdir() if path.is_dir() and path.name.startswith("gen-"))
    for old in [path for path in generations if path.name != current][: -(KEEP - 1)]:
        shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
