"""Loading: a source of raw transactions becomes a published generation, wholly or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from core.config import Config
from core.errors import InputError
from core.series.panel import Panel
from core.transactions.clean import RuleCount, clean, waterfall
from core.transactions.daily import build_panel, far_days, measures_for, partial_last_day, top_segments
from core.transactions.publish import known_fingerprint, note_fingerprint, write_generation, writer_lock
from core.transactions.read import Progress, discover, read
from core.transactions.rules import Rule, switched_on
from core.transactions.staging import Staged
from core.transactions.store import Generation, Manifest, Source, Store
from core.transactions.workspace import MEMORY_LIMIT, first_row, scalar, workspace

VERSION = 2
"""Raised when cleaning or the layout of a generation changes, so that stores are made anew."""

MOSTLY = 0.5
"""Share of lines from which on an invoice number with C is a way of numbering, not a cancellation."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was worked out in memory, before anything is written."""

    manifest: Manifest
    panel: Panel


def prepare(config: Config, source: Path, on_progress: Progress = lambda share, text: None) -> Generation:
    """Reads, cleans and publishes ``source`` (file or folder); returns the current generation at once if unchanged.

    The store then holds exactly this source. The same content in another format or under another name changes
    nothing. Raises InputError for input that cannot be used; the store stays as it was.
    """
    files = discover(source)
    store = Store(config.store_dir)
    fingerprint = _fingerprint(config, files)
    current = store.current()
    if current is not None and fingerprint in (current.manifest.fingerprint, known_fingerprint(store.root, current.id)):
        return current
    with writer_lock(config.store_dir), workspace(config.store_dir, MEMORY_LIMIT) as connection:
        built = build(config, connection, files, fingerprint, on_progress)
        current = Store(config.store_dir).current()
        if current is not None and current.manifest.content == built.manifest.content:
            note_fingerprint(config.store_dir, current.id, fingerprint)
            return current
        on_progress(0.8, "Writing the cleaned lines")
        path = write_generation(config.store_dir, connection, built.panel, built.manifest)
    on_progress(1.0, f"{built.manifest.lines_out:,} of {built.manifest.lines_in:,} lines are in use")
    return Generation(path)


def build(
    config: Config, connection: duckdb.DuckDBPyConnection, files: list[Path], fingerprint: str, on_progress: Progress
) -> Built:
    """Everything but the writing: reads the files into ``connection``, cleans, counts, builds the panel."""
    started = time.perf_counter()
    staged = read(connection, files, config.columns, lambda share, text: on_progress(0.6 * share, text))
    read_at = time.perf_counter()
    on_progress(0.6, "Cleaning")
    columns = set().union(*(one.columns for one in staged))
    notes = [note for one in staged for note in one.notes]
    rules = switched_on(columns, config.rules_on, config.rules_off)
    try:
        clean(connection, rules)
        if _numbers_start_with_c(connection):
            notes.append("Most invoice numbers start with C, so that a C does not mark cancellations here.")
            rules = tuple(rule for rule in rules if rule.id != "cancellation")
            clean(connection, rules)
    except duckdb.ConversionException:
        raise InputError(
            "a quantity, or a quantity × price, is larger than 1,000,000,000,000", file=files[0].name
        ) from None
    lines_in, counts, lines_out = waterfall(connection, rules)
    if lines_out == 0:
        raise InputError(_all_dropped(counts, lines_in), file=files[0].name)
    cleaned_at = time.perf_counter()
    on_progress(0.7, "Counting days")
    first, last, last_time = connection.execute(
        "SELECT min(day), max(day), max(last_time) FROM baskets WHERE rule = ''"
    ).fetchall()[0]
    if far := far_days(connection):
        raise _far(connection, far, [one.name for one in staged if one.lines], first, last)
    partial = partial_last_day(connection)
    last_day = last if partial is None else last - dt.timedelta(days=1)
    segments, measures = top_segments(connection), measures_for(sorted(columns))
    panel = build_panel(connection, segments, measures, last_day)
    if partial is not None:
        notes.append(f"The last day, {partial}, ends at {last_time:%H:%M} and is left out as incomplete.")
    manifest = Manifest(
        id=f"gen-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:6]}",
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        lines_in=lines_in,
        lines_out=lines_out,
        waterfall=tuple(counts),
        first_day=first,
        last_day=last_day,
        last_time=last_time,
        partial_day=partial,
        main_country=_main_country(connection),
        segments=segments,
        measures=measures,
        columns=tuple(sorted(columns)),
        sources=tuple(Source(one.name, one.sheet, one.lines) for one in staged if one.lines),
        notes=tuple(notes),
        content=_content(connection, rules, staged),
        fingerprint=fingerprint,
        seconds={
            "read": round(read_at - started, 4),
            "clean": round(cleaned_at - read_at, 4),
            "panel": round(time.perf_counter() - cleaned_at, 4),
        },
    )
    return Built(manifest, panel)


def _numbers_start_with_c(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether most lines look cancelled: then the C is just how this business counts its invoices."""
    query = "SELECT sum(lines) FILTER (rule = 'cancellation') / sum(lines) FROM baskets"
    return (scalar(connection, query) or 0) > MOSTLY


def _far(
    connection: duckdb.DuckDBPyConnection,
    far: tuple[dt.date, dt.date, int],
    names: Sequence[str],
    first: dt.date,
    last: dt.date,
) -> InputError:
    from_day, to_day, count = far
    source = scalar(connection, "SELECT min(source) FROM raw WHERE time::DATE = ?", [from_day])
    days = f"on {from_day}" if from_day == to_day else f"from {from_day} to {to_day}"
    problem = (
        f"{count:,} line{'s' if count > 1 else ''} {days}: more than a year away from all others ({first} to {last})"
    )
    return InputError(problem, file=names[source], hint="Is the year mistyped? Correct or remove what is wrong.")


def _all_dropped(counts: Sequence[RuleCount], lines_in: int) -> str:
    listed = ", ".join(f"{count.id} {count.dropped:,}" for count in counts if count.dropped)
    return f"cleaning leaves none of the {lines_in:,} lines (dropped by {listed}); RULES_OFF switches rules off"


def _main_country(connection: duckdb.DuckDBPyConnection) -> str | None:
    row = first_row(
        connection,
        """SELECT country FROM baskets WHERE rule = '' AND country IS NOT NULL
           GROUP BY country ORDER BY sum(lines) DESC, country LIMIT 1""",
    )
    return None if row is None else str(row[0])


def _fingerprint(config: Config, files: Sequence[Path]) -> str:
    """Of what would be read and how, by name, size and time of change: cheap enough for every start."""
    stats = [(str(path.absolute()), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return _hash([VERSION, stats, dict(config.columns), sorted(config.rules_on), sorted(config.rules_off)])


def _content(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], staged: Sequence[Staged]) -> str:
    """Of the lines themselves, in any order and from any format, and of what was done with them."""
    sums = first_row(connection, "SELECT count(*), sum(key >> 32)::VARCHAR, bit_xor(key)::VARCHAR FROM raw")
    ids = [rule.id for rule in rules]
    # how lines are spread over files matters only where repeats inside a file are kept
    sources = 0 if "duplicate" in ids else sum(one.lines > 0 for one in staged)
    return _hash([VERSION, duckdb.__version__, sums, ids, sources])


def _hash(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
