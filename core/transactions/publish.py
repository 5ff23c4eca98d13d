"""Writing a generation: into a temporary folder, synced, renamed, and only then pointed to."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core.series.panel import Panel
from core.transactions.counts import update_counts, write_counts
from core.transactions.segment_counts import update_segment_counts, write_segment_counts
from core.transactions.store import EXAMPLE_FILE, EXAMPLES, MANIFEST, POINTER, Generation, Manifest
from core.transactions.workspace import file_literal, literal, scalar

KNOWN = "KNOWN"
"""File that says which other files hold the same as the current generation."""

KEEP = 3
"""Generations kept, beside those that a reader still has open."""

CUBE_FILE, NO_LINES = "cube.parquet", "none.parquet"

LINE_VIEW = "time, day, invoice, product, description, quantity, price, customer, country, seen, amount"

MONTH = "strftime(day, '%Y-%m')"


@dataclass(frozen=True, slots=True)
class Before:
    """The generation that a new one continues: only ``months`` (like 2010-12) are written anew, the files of the others
    are taken over; counts are made anew for the days of ``spans`` (first, last), which may lie in any month."""

    generation: Generation
    months: frozenset[str]
    spans: tuple[tuple[dt.date, dt.date], ...]

    def others(self, file: str) -> str:
        """SQL for the rows of one of its files that are of other months."""
        months = ", ".join(literal(month) for month in sorted(self.months))
        source = file_literal(self.generation.path / file)
        return f"(SELECT * FROM read_parquet({source}) WHERE {MONTH} NOT IN ({months}))"


@contextmanager
def writer_lock(root: Path) -> Iterator[None]:
    """One writer at a time on this machine; also clears what a killed writer left behind."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in [*root.glob(".tmp-*"), *root.glob(".spill-*")]:
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def write_generation(
    root: Path, connection: duckdb.DuckDBPyConnection, panel: Panel, manifest: Manifest, before: Before | None = None
) -> Path:
    """Writes lines, rejected lines, cube and panel, and makes them current. Kill -9 anywhere leaves the old state.

    Reads the view ``ruled`` and the tables ``repeats`` and ``baskets`` of ``clean``, which hold all lines, or with
    ``before`` those of its months. Needs the writer's lock.
    """
    folder = root / f".tmp-{uuid.uuid4().hex}"
    columns = f"{LINE_VIEW}, copies{', key' if manifest.further_columns else ''}"
    counted = """SELECT * REPLACE (rule::VARCHAR AS rule, coalesce(seen, 1) AS seen, coalesce(copies, 1) AS copies)
                 FROM ruled LEFT JOIN repeats USING (line)"""
    duplicate_on = any(count.id == "duplicate" and count.on for count in manifest.waterfall)
    rejected = f"SELECT * FROM ({counted}) WHERE rule <> ''"
    if duplicate_on:
        rejected += """ UNION ALL BY NAME SELECT * REPLACE ('duplicate' AS rule, seen - 1 AS seen)
                        FROM ruled JOIN repeats USING (line)"""
    _write_lines(connection, folder / "lines", f"SELECT * FROM ({counted}) WHERE rule = ''", columns)
    _write_lines(connection, folder / "rejected", rejected, f"{columns}, rule")
    if before is not None:
        for name in ("lines", "rejected"):
            _take_over(before.generation.path / name, folder / name, before.months)
    _write_examples(connection, folder, rejected, before)
    _copy(connection, f"{cube_query(duplicate_on, before)} ORDER BY ALL", folder / CUBE_FILE)
    series = {str(series): pa.array(values) for series, values in zip(panel.series, panel.values, strict=True)}
    pq.write_table(pa.table({"day": pa.array(panel.days)} | series), folder / "panel.parquet", compression="zstd")
    for file in sorted(folder.rglob("*")):
        _sync(file)
    with (folder / MANIFEST).open("w", encoding="utf-8") as stream:
        stream.write(manifest.to_json())
        stream.flush()
        os.fsync(stream.fileno())
    _count(folder, before)
    _sync(folder)
    target = root / manifest.id
    folder.rename(target)
    _sync(root)
    _replace(root / POINTER, manifest.id + "\n")
    _forget_old(root, manifest.id)
    return target


def cube_query(duplicate_on: bool, before: Before | None) -> str:
    """SQL for day, hour, country, rule → lines, units, revenue; repeats under the rule ``duplicate`` if that is on."""
    made = f"""SELECT day, hour::SMALLINT AS hour, country, rule::VARCHAR AS rule, sum(lines)::BIGINT AS lines,
                      sum(units)::DOUBLE AS units, sum(amount)::DOUBLE AS revenue
               FROM (SELECT day, hour, country, rule, lines, units, amount FROM baskets
                     {_duplicate_cells() if duplicate_on else ""})
               GROUP BY ALL"""
    return made if before is None else f"{made} UNION ALL BY NAME SELECT * FROM {before.others(CUBE_FILE)}"


def _duplicate_cells() -> str:
    return """UNION ALL
        SELECT day, hour, country, 'duplicate', (seen - 1)::BIGINT, (quantity * (seen - 1))::DECIMAL(38, 6),
               amount::DECIMAL(38, 6) * (seen - 1)
        FROM ruled JOIN repeats USING (line)"""


def _write_examples(connection: duckdb.DuckDBPyConnection, folder: Path, rejected: str, before: Before | None) -> None:
    """The first lines in time that each rule dropped. No line ever stops to be dropped, so those that were the first
    of the other months still are."""
    found = f"SELECT {LINE_VIEW}, rule FROM ({rejected})"
    if before is not None:
        found += f" UNION ALL BY NAME SELECT * FROM {before.others(EXAMPLE_FILE)}"
    _copy(
        connection,
        f"""SELECT * FROM ({found})
            QUALIFY row_number() OVER (PARTITION BY rule ORDER BY time, invoice, product) <= {EXAMPLES}
            ORDER BY rule, time, invoice, product""",
        folder / EXAMPLE_FILE,
    )


def _copy(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    connection.execute(f"COPY ({query}) TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd)")


def _write_lines(connection: duckdb.DuckDBPyConnection, folder: Path, query: str, columns: str) -> None:
    """A folder a month (month=2010-12), lines about in order of time, so that readers skip what they do not need."""
    folder.mkdir(parents=True)
    if not scalar(connection, f"SELECT count(*) FROM ({query})"):
        # readers find the columns even where there is no line
        connection.execute(f"COPY (SELECT {columns} FROM ({query})) TO {literal(str(folder / NO_LINES))}")
        return
    connection.execute(
        f"""COPY (SELECT {MONTH} AS month, {columns} FROM ({query}) ORDER BY time, invoice, product)
            TO {literal(str(folder))} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (month), OVERWRITE)"""
    )


def _take_over(old: Path, new: Path, months: frozenset[str]) -> None:
    """Links the files of all other months, which never change, into a new generation."""
    found = [path for path in old.glob("month=*") if path.name.removeprefix("month=") not in months]
    for folder in found:
        (new / folder.name).mkdir()
        for file in folder.iterdir():
            link(file, new / folder.name / file.name)
    if found:
        (new / NO_LINES).unlink(missing_ok=True)


def link(file: Path, copy: Path) -> None:
    """A second name for a file that nobody changes; a copy where the disk has no such thing."""
    try:
        os.link(file, copy)
    except OSError:
        shutil.copyfile(file, copy)


def _count(folder: Path, before: Before | None) -> None:
    made = Generation(folder)
    try:
        if before is None:
            write_counts(made)
            write_segment_counts(made)
        else:
            update_counts(made, before.generation, before.spans)
            update_segment_counts(made, before.generation, before.spans)
    finally:
        made.close()


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
        if not _is_read(old):
            shutil.rmtree(old, ignore_errors=True)


def _is_read(generation: Path) -> bool:
    """Whether some process has it open: with posted lines generations follow each other within seconds, while a
    training reads the one that it began with."""
    with suppress(FileNotFoundError), (generation / MANIFEST).open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
