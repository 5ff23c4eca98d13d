"""From a CSV file to the daily panel, against a plain DuckDB query that does the same job on the same file."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.harness import REFERENCE_DATA, Row, interleaved, peak_memory
from core.config import Config
from core.transactions.load import Sources, build
from core.transactions.read import File
from core.transactions.sample import write
from core.transactions.workspace import workspace

LINES = 1_067_371
MANY_LINES = 20_000_000

LOAD = """
import json, sys, time
from pathlib import Path
from core.config import Config
from core.transactions.load import prepare
started = time.perf_counter()
manifest = prepare(Config(data_dir=Path(sys.argv[1])), Path(sys.argv[2])).manifest
print(json.dumps({"seconds": time.perf_counter() - started, "lines": manifest.lines_in}))
"""


def plain_query(csv: Path) -> float:
    """Seconds until the answer of what a person would type into DuckDB: distinct lines, the filters, daily sums."""
    started = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute(
            f"""SELECT InvoiceDate::DATE AS day, count(*), sum(Quantity), sum(Quantity * Price)
                FROM (SELECT DISTINCT * FROM read_csv('{csv}'))
                WHERE NOT starts_with(Invoice, 'C') AND Quantity > 0 AND Price > 0 AND "Customer ID" IS NOT NULL
                GROUP BY day ORDER BY day"""
        ).fetchall()
        return time.perf_counter() - started


def to_panel(csv: Path, folder: Path) -> float:
    """Seconds until the panel is there: read, cleaned, counted, everything but the writing."""
    started = time.perf_counter()
    with workspace(folder) as connection:
        build(Config(data_dir=folder), connection, Sources((File(csv),)), "", lambda share, text: None)
        return time.perf_counter() - started


def million_lines(folder: Path) -> Path:
    """The reference data as CSV, or as many generated lines where they are not at hand."""
    csv = folder / "million.csv"
    if REFERENCE_DATA.is_file():
        with duckdb.connect() as connection:
            connection.execute(
                f"""COPY (SELECT * REPLACE (strftime(InvoiceDate, '%Y-%m-%d %H:%M:%S') AS InvoiceDate)
                          FROM '{REFERENCE_DATA}') TO '{csv}' (HEADER)"""
            )
    else:
        write(csv, LINES)
    return csv


def run(quick: bool = False) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as name:
        folder = Path(name)
        csv = million_lines(folder)
        seconds = interleaved(5, reference=lambda: plain_query(csv), ours=lambda: to_panel(csv, folder / "work"))
        ratio = seconds["ours"] / seconds["reference"]
        yield Row(
            f"CSV of {LINES:,} lines read, cleaned, panel built, against a plain DuckDB query (median of 5)",
            f"{seconds['ours']:.2f} s",
            f"{seconds['reference']:.2f} s",
            ratio,
            1.3,
        )
        peak, result = peak_memory(LOAD, str(folder / "store-1"), str(csv))
        writing = result["seconds"] - seconds["ours"]
        yield Row("… the same with the Parquet files written", f"{result['seconds']:.2f} s", "", None, None)
        yield Row("… of which writing Parquet, about", f"{writing:.2f} s", "", None, None)
        yield Row("… peak memory of the whole process, MB", f"{peak:,.0f}", "", peak, 1_000)
        if quick:
            return
        many = folder / "many.csv"
        write(many, MANY_LINES)
        peak, result = peak_memory(LOAD, str(folder / "store-2"), str(many))
        yield Row(f"{MANY_LINES:,} generated lines loaded", f"{result['seconds']:.0f} s", "", None, None)
        yield Row("… peak memory, MB", f"{peak:,.0f}", "", peak, 3_000)
