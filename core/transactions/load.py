"""Loading: a source of raw transactions becomes a published generation, wholly or not at all."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from core.config import Config
from core.errors import InputError
from core.series.panel import Panel
from core.transactions.clean import RuleCount, waterfall
from core.transactions.daily import build_panel, far_days, measures_for
from core.transactions.faults import Faults
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
from core.transactions.read import File, Progress, discover, read
from core.transactions.rules import switched_on, switches
from core.transactions.staging import Staged
from core.transactions.store import Generation, Manifest, Source, Store
from core.transactions.stored import stored_lines
from core.transactions.workspace import MEMORY_LIMIT, scalar, workspace

TOO_LARGE = "a quantity, or a quantity × price, is larger than 1,000,000,000,000"


@dataclass(frozen=True, slots=True)
class Sources:
    """What the store shall hold beside the lines that were posted.

    ``base``: the kept lines of an earlier generation, which come first. ``load`` and ``rules``: as the manifest has
    them.
    """

    files: tuple[File, ...]
    base: Generation | None = None
    load: int = 0
    rules: Mapping[str, bool] | None = None

    @property
    def name(self) -> str:
        """Of the first file, for what is wrong with all of them together."""
        if self.files:
            return self.files[0].shown or self.files[0].path.name
        return "the data" if self.base is None else self.base.manifest.sources[0].name


@dataclass(frozen=True, slots=True)
class Read:
    """What reading gave. ``origins``: of each source number in ``raw``, the file or sheet; ``columns``: ours that any
    of them has."""

    staged: list[Staged]
    origins: Sequence[Staged]
    columns: tuple[str, ...]
    base: Generation | None


@dataclass(frozen=True, slots=True)
class Built:
    """What was worked out in memory, before anything is written."""

    manifest: Manifest
    panel: Panel


def prepare(config: Config, source: Path, on_progress: Progress = lambda share, text: None) -> Generation:
    """Reads, cleans and publishes ``source`` (file or folder); returns the current generation at once if unchanged.

    The store then holds exactly this source and all lines that were posted. The same content in another format or
    under another name changes nothing. Rules that somebody chose stay. Raises InputError for input that cannot be used;
    the store stays as it was.
    """
    current = Store(config.store_dir).current()
    rules = None if current is None else current.manifest.rules
    return prepare_sources(config, Sources(own_files(config, discover(source)), rules=rules), on_progress)


def own_files(config: Config, paths: Iterable[Path]) -> tuple[File, ...]:
    """Files of the installation, whose columns the environment may name."""
    return tuple(File(path, config.columns) for path in paths)


def prepare_sources(
    config: Config, sources: Sources, on_progress: Progress = lambda share, text: None, load_before: int | None = None
) -> Generation:
    """``prepare`` for files of several kinds. ``load_before``: nothing is done if meanwhile the data are of another
    load than this."""
    from core.intake.apply import settle
    from core.intake.records import Records

    store = Store(config.store_dir)
    fingerprint = fingerprint_of(config, sources)
    batches = batches_of(config)
    current, posted = store.current(), batches.last_id() if batches else 0
    if current is not None and current.manifest.load == sources.load:
        unchanged = fingerprint in (current.manifest.fingerprint, known_fingerprint(store.root, current.id))
        if unchanged and current.manifest.posted == posted:
            return current
        if unchanged and current.manifest.posted < posted:
            return merge(config, on_progress)
    with writer_lock(config.store_dir), workspace(config.store_dir, MEMORY_LIMIT) as connection:
        if Records(config).unsettled():  # no record of a load is lost with the data that it made
            settle(config)
        current = Store(config.store_dir).current()
        if current is not None and load_before is not None and current.manifest.load != load_before:
            return current
        built = build(config, connection, sources, fingerprint, on_progress, batches)
        if current is not None and _same(current.manifest, built.manifest):
            note_fingerprint(config.store_dir, current.id, fingerprint)
            return current
        on_progress(0.8, "Writing the cleaned lines")
        path = write_generation(config.store_dir, connection, built.panel, built.manifest)
    on_progress(1.0, f"{built.manifest.lines_out:,} of {built.manifest.lines_in:,} lines are in use")
    return Generation(path)


def _same(current: Manifest, built: Manifest) -> bool:
    """Whether the current data say all that was built."""
    mine = (current.content, current.posted, current.load, current.rules)
    same = mine == (built.content, built.posted, built.load, built.rules)
    return same and (current.copies or not built.copies)


def read_sources(
    connection: duckdb.DuckDBPyConnection, sources: Sources, on_progress: Progress, faults: Faults | None = None
) -> Read:
    """Fills ``raw``. Raises InputError; with ``faults`` see core.transactions.read.read."""
    origins: list[Staged] = []
    staged: list[Staged] = []
    if sources.base is not None:
        old = sources.base.manifest
        connection.execute(f"CREATE OR REPLACE TABLE raw AS {stored_lines(sources.base, None)}")
        named = {name: name for name in old.columns}
        staged = [Staged(one.name, one.sheet, one.lines, named, further=old.further_columns) for one in old.sources]
        origins = staged[:1] * int(scalar(connection, "SELECT coalesce(max(source), 0) + 1 FROM raw"))
    found = read(connection, sources.files, on_progress, len(origins), faults)
    origins += [one for one in found if one.lines]
    staged += found
    columns = tuple(sorted(set().union(*(one.columns for one in staged))))
    return Read(staged, origins, columns, sources.base)


def build(
    config: Config,
    connection: duckdb.DuckDBPyConnection,
    sources: Sources,
    fingerprint: str,
    on_progress: Progress,
    batches: Batches | None = None,
) -> Built:
    """Everything but the writing: reads the files and what was posted into ``connection``, cleans, counts, builds the
    panel."""
    started = time.perf_counter()
    found = read_sources(connection, sources, lambda share, text: on_progress(0.6 * share, text))
    staged, columns, name = found.staged, found.columns, sources.name
    read_at = time.perf_counter()
    on_progress(0.6, "Cleaning")
    rules = switched_on(columns, *switches(sources.rules, config.rules_on, config.rules_off))
    n_files = sum(one.lines > 0 for one in staged)
    posted = 0 if sources.base is None else sources.base.manifest.posted
    try:
        in_force, remarks = clean_all(connection, rules)
        refuse_far(connection, found.origins)
        if batches is not None and (more := insert_posted(connection, batches, columns, posted)).lines:
            # after the look at far days: what was posted has passed one of its own, and must not fail a load
            staged.append(Staged(POSTED, None, more.lines, {}))
            posted = more.last_id
            in_force, remarks = clean_all(connection, rules)
    except duckdb.ConversionException:
        raise InputError(TOO_LARGE, file=name) from None
    lines_in, counts, lines_out = waterfall(connection, in_force)
    if lines_out == 0:
        raise InputError(all_dropped(counts, lines_in), file=name)
    cleaned_at = time.perf_counter()
    on_progress(0.7, "Counting days")
    days, measures, identity = outline(connection), measures_for(columns), new_id()
    panel = build_panel(connection, days.segments, measures, days.last_day)
    sums = key_sums(connection)
    notes = [*(note for one in staged for note in one.notes), *remarks]
    manifest = Manifest(
        id=identity,
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        lines_in=lines_in,
        lines_out=lines_out,
        waterfall=tuple(counts),
        first_day=days.first_day,
        last_day=days.last_day,
        last_time=days.last_time,
        partial_day=days.partial_day,
        main_country=days.main_country,
        segments=days.segments,
        measures=measures,
        columns=columns,
        sources=sources_in(staged),
        notes=(*notes, *partial_note(days.partial_day, days.last_time)),
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
        load=sources.load,
        rules=sources.rules,
        copies=sources.base is None or sources.base.manifest.copies,
    )
    return Built(manifest, panel)


def sources_in(staged: Sequence[Staged]) -> tuple[Source, ...]:
    """Files and sheets with their lines; what was posted is one of them, and the last."""
    files = [
        Source(one.name, one.sheet, one.lines, None if one.path is None else str(one.path.absolute()))
        for one in staged
        if one.lines and one.name != POSTED
    ]
    posted = sum(one.lines for one in staged if one.name == POSTED)
    return (*files, *([Source(POSTED, None, posted)] if posted else []))


def refuse_far(connection: duckdb.DuckDBPyConnection, origins: Sequence[Staged]) -> None:
    """Raises InputError for the few lines of files that lie more than a year away from all others. Kept lines may: they
    were let in before, perhaps as posted ones, and must not fail what comes after them."""
    files = sum(one.path is None for one in origins)  # the first number of one that was read
    for from_day, to_day, count in far_days(connection):
        inside = "SELECT min(source) FROM raw WHERE time::DATE BETWEEN ? AND ? AND source >= ?"
        source = scalar(connection, inside, [from_day, to_day, files])
        if source is None:
            continue
        first, last = connection.execute("SELECT min(day), max(day) FROM baskets WHERE rule = ''").fetchall()[0]
        days = f"on {from_day}" if from_day == to_day else f"from {from_day} to {to_day}"
        lines = f"{count:,} line{'s' if count > 1 else ''}"
        problem = f"{lines} {days}: more than a year away from all others ({first} to {last})"
        hint = "Is the year mistyped? Correct or remove what is wrong."
        raise InputError(problem, file=origins[source].name, hint=hint)


def all_dropped(counts: Sequence[RuleCount], lines_in: int) -> str:
    listed = ", ".join(f"{count.id} {count.dropped:,}" for count in counts if count.dropped)
    return f"cleaning leaves none of the {lines_in:,} lines (dropped by {listed}); RULES_OFF switches rules off"


def fingerprint_of(config: Config, sources: Sources) -> str:
    """Of what would be read and how, by name, size and time of change: cheap enough for every start.

    DuckDB's version is in it because keys of lines are its hashes, and those of posted lines must be comparable.
    Raises InputError for a file that is gone.
    """
    try:
        stats = [
            (str(one.path.absolute()), one.path.stat().st_size, one.path.stat().st_mtime_ns, dict(one.columns))
            for one in sources.files
        ]
    except FileNotFoundError as error:
        raise InputError("the file is not there any more", file=str(error.filename)) from None
    on, off = switches(sources.rules, config.rules_on, config.rules_off)
    base = None if sources.base is None else sources.base.id
    return digest([VERSION, duckdb.__version__, stats, base, sorted(on), sorted(off)])
