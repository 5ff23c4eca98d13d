"""Loading: a source of raw transactions becomes a published generation, wholly or not at all."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from core.config import Config
from core.errors import InputError
from core.series.panel import Panel
from core.transactions.clean import RuleCount, waterfall
from core.transactions.daily import build_panel, far_days, measures_for
from core.transactions.merge import merge
from core.transactions.outline import (
    VERSION,
    clean_all,
    content_of,
    digest,
    key_sums,
    new_id,
    outline,
    partial_note,
)
from core.transactions.posted import POSTED, Batches, batches_of, insert_posted
from core.transactions.publish import known_fingerprint, note_fingerprint, write_generation, writer_lock
from core.transactions.read import Progress, discover, read
from core.transactions.rules import switched_on
from core.transactions.staging import Staged
from core.transactions.store import Generation, Manifest, Source, Store
from core.transactions.workspace import MEMORY_LIMIT, scalar, workspace


@dataclass(frozen=True, slots=True)
class Built:
    """What was worked out in memory, before anything is written."""

    manifest: Manifest
    panel: Panel


def prepare(config: Config, source: Path, on_progress: Progress = lambda share, text: None) -> Generation:
    """Reads, cleans and publishes ``source`` (file or folder); returns the current generation at once if unchanged.

    The store then holds exactly this source and all lines that were posted. The same content in another format or
    under another name changes nothing. Raises InputError for input that cannot be used; the store stays as it was.
    """
    files = discover(source)
    store = Store(config.store_dir)
    fingerprint = _fingerprint(config, files)
    batches = batches_of(config)
    current, posted = store.current(), batches.last_id() if batches else 0
    if current is not None and fingerprint in (current.manifest.fingerprint, known_fingerprint(store.root, current.id)):
        if current.manifest.posted == posted:
            return current
        if current.manifest.posted < posted:
            return merge(config, on_progress)
    with writer_lock(config.store_dir), workspace(config.store_dir, MEMORY_LIMIT) as connection:
        built = build(config, connection, files, fingerprint, on_progress, batches)
        current = Store(config.store_dir).current()
        if current is not None and _same(current.manifest, built.manifest):
            note_fingerprint(config.store_dir, current.id, fingerprint)
            return current
        on_progress(0.8, "Writing the cleaned lines")
        path = write_generation(config.store_dir, connection, built.panel, built.manifest)
    on_progress(1.0, f"{built.manifest.lines_out:,} of {built.manifest.lines_in:,} lines are in use")
    return Generation(path)


def _same(one: Manifest, other: Manifest) -> bool:
    return one.content == other.content and one.posted == other.posted


def build(
    config: Config,
    connection: duckdb.DuckDBPyConnection,
    files: list[Path],
    fingerprint: str,
    on_progress: Progress,
    batches: Batches | None = None,
) -> Built:
    """Everything but the writing: reads the files and what was posted into ``connection``, cleans, counts, builds the
    panel."""
    started = time.perf_counter()
    staged = read(connection, files, config.columns, lambda share, text: on_progress(0.6 * share, text))
    read_at = time.perf_counter()
    on_progress(0.6, "Cleaning")
    columns = tuple(sorted(set().union(*(one.columns for one in staged))))
    rules = switched_on(columns, config.rules_on, config.rules_off)
    n_files, name, posted = sum(one.lines > 0 for one in staged), files[0].name, 0
    try:
        in_force, remarks = clean_all(connection, rules)
        _refuse_far(connection, staged)
        if batches is not None and (found := insert_posted(connection, batches, columns)).lines:
            # after the look at far days: what was posted has passed one of its own, and must not fail a load
            staged.append(Staged(POSTED, None, found.lines, {}))
            posted = found.last_id
            in_force, remarks = clean_all(connection, rules)
    except duckdb.ConversionException:
        raise InputError("a quantity, or a quantity × price, is larger than 1,000,000,000,000", file=name) from None
    lines_in, counts, lines_out = waterfall(connection, in_force)
    if lines_out == 0:
        raise InputError(_all_dropped(counts, lines_in), file=name)
    cleaned_at = time.perf_counter()
    on_progress(0.7, "Counting days")
    found_days, measures, identity = outline(connection), measures_for(columns), new_id()
    panel = build_panel(connection, found_days.segments, measures, found_days.last_day)
    sums = key_sums(connection)
    notes = [*(note for one in staged for note in one.notes), *remarks]
    manifest = Manifest(
        id=identity,
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        lines_in=lines_in,
        lines_out=lines_out,
        waterfall=tuple(counts),
        first_day=found_days.first_day,
        last_day=found_days.last_day,
        last_time=found_days.last_time,
        partial_day=found_days.partial_day,
        main_country=found_days.main_country,
        segments=found_days.segments,
        measures=measures,
        columns=columns,
        sources=tuple(Source(one.name, one.sheet, one.lines) for one in staged if one.lines),
        notes=(*notes, *partial_note(found_days.partial_day, found_days.last_time)),
        content=content_of(sums, in_force, n_files),
        fingerprint=fingerprint,
        seconds={
            "read": round(read_at - started, 4),
            "clean": round(cleaned_at - read_at, 4),
            "panel": round(time.perf_counter() - cleaned_at, 4),
        },
        posted=posted,
        loaded=identity,
        key_sums=sums,
        further_columns=any(one.further for one in staged),
    )
    return Built(manifest, panel)


def _refuse_far(connection: duckdb.DuckDBPyConnection, staged: Sequence[Staged]) -> None:
    """Raises InputError for the few lines that lie more than a year away from all others."""
    far = far_days(connection)
    if far is None:
        return
    first, last = connection.execute("SELECT min(day), max(day) FROM baskets WHERE rule = ''").fetchall()[0]
    from_day, to_day, count = far
    source = scalar(connection, "SELECT min(source) FROM raw WHERE time::DATE = ?", [from_day])
    days = f"on {from_day}" if from_day == to_day else f"from {from_day} to {to_day}"
    problem = (
        f"{count:,} line{'s' if count > 1 else ''} {days}: more than a year away from all others ({first} to {last})"
    )
    names = [one.name for one in staged if one.lines]
    raise InputError(problem, file=names[source], hint="Is the year mistyped? Correct or remove what is wrong.")


def _all_dropped(counts: Sequence[RuleCount], lines_in: int) -> str:
    listed = ", ".join(f"{count.id} {count.dropped:,}" for count in counts if count.dropped)
    return f"cleaning leaves none of the {lines_in:,} lines (dropped by {listed}); RULES_OFF switches rules off"


def _fingerprint(config: Config, files: Sequence[Path]) -> str:
    """Of what would be read and how, by name, size and time of change: cheap enough for every start.

    DuckDB's version is in it because keys of lines are its hashes, and those of posted lines must be comparable.
    """
    stats = [(str(path.absolute()), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return digest(
        [VERSION, duckdb.__version__, stats, dict(config.columns), sorted(config.rules_on), sorted(config.rules_off)]
    )
