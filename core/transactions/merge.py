"""Merging: lines that were posted become part of the data, as a new generation that continues the current one.

A generation holds every line that was ever read, so it can be continued without the files that it was loaded from.
Only the months that new lines fall into (and that of a partial day) are cleaned and written anew, and only the days on
which a number may change are counted anew. What cannot be had that way (see ``_can_continue`` and ``_continued``) is
worked out from all lines of the generation. Either way the result is what one load of all lines would give.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.config import Config
from core.errors import NotReadyError
from core.series.panel import Panel
from core.transactions.clean import KEPT, OVERLAP, POSTED_SOURCE, RuleCount, clean, waterfall
from core.transactions.daily import USUAL_DAYS, build_panel, daily_values, measures_for, series_of
from core.transactions.outline import (
    C_NOTE,
    KeySums,
    Outline,
    added,
    clean_all,
    content_of,
    key_sums,
    new_id,
    numbers_start_with_c,
    outline,
    partial_note,
)
from core.transactions.posted import POSTED, Batches, Inserted, batches_of, insert_posted
from core.transactions.publish import (
    MONTH,
    Before,
    cube_query,
    known_fingerprint,
    write_generation,
    writer_lock,
)
from core.transactions.read import Progress
from core.transactions.rules import Rule, switched_on, switches
from core.transactions.store import Generation, Manifest, Source, Store
from core.transactions.stored import files_of, has_copies, stored_lines
from core.transactions.workspace import MEMORY_LIMIT, workspace

ONE_DAY = dt.timedelta(days=1)

NEAR_DAYS = 7
"""Days to be counted anew that lie so close to each other are counted in one go, with those between them."""
MOST_SPANS = 12
"""In more pieces than these, counting everything between the first and the last day is cheaper."""

Span = tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True)
class _Work:
    """What one merge works with: ``connection`` has the lines in ``raw``; ``rules``: those of the configuration."""

    connection: duckdb.DuckDBPyConnection
    current: Generation
    rules: tuple[Rule, ...]
    root: Path
    posted: Inserted
    started: float


def merge(config: Config, on_progress: Progress = lambda share, text: None) -> Generation:
    """Publishes a generation that has all batches; returns the current one if it has them already.

    Raises NotReadyError before the first generation.
    """
    with writer_lock(config.store_dir):
        current = Store(config.store_dir).current()
        if current is None:
            raise NotReadyError("There are no data yet that lines could be added to.")
        batches = batches_of(config)
        if batches is None or batches.last_id() <= current.manifest.posted:
            return current
        on_progress(0.1, "Adding the lines that were posted")
        on, off = switches(current.manifest.rules, config.rules_on, config.rules_off)
        rules = switched_on(current.manifest.columns, on, off)
        path = _merged(config.store_dir, current, batches, rules)
    on_progress(1.0, "The lines that were posted are in use")
    return Generation(path)


def _merged(root: Path, current: Generation, batches: Batches, rules: tuple[Rule, ...]) -> Path:
    started = time.perf_counter()
    if _can_continue(current, rules):
        with workspace(root, MEMORY_LIMIT) as connection:
            posted = _stage_months(connection, current, batches)
            path = _continued(_Work(connection, current, rules, root, posted, started))
            if path is not None:
                return path
    with workspace(root, MEMORY_LIMIT) as connection:
        posted = _stage_all(connection, current, batches)
        return _made_anew(_Work(connection, current, rules, root, posted, started))


def _can_continue(current: Generation, rules: tuple[Rule, ...]) -> bool:
    """Not where a line's fate depends on other days, nor where the rules are not those that the generation was made by
    (or a C marks no cancellations in it, which new lines may change), nor where an earlier version made it."""
    ids = {rule.id for rule in rules}
    manifest = current.manifest
    in_force = {count.id for count in manifest.waterfall if count.on and count.id != OVERLAP}
    return manifest.key_sums is not None and has_copies(current) and "reversed" not in ids and ids == in_force


def _stage_months(connection: duckdb.DuckDBPyConnection, current: Generation, batches: Batches) -> Inserted:
    """Fills ``raw`` with the posted lines and with the stored ones of their months."""
    connection.execute(f"CREATE OR REPLACE TABLE raw AS {stored_lines(current, [])}")
    posted = insert_posted(connection, batches, current.manifest.columns, current.manifest.posted)
    months = connection.execute("SELECT DISTINCT strftime(time, '%Y-%m') FROM raw").fetchall()
    wanted = {month for (month,) in months}
    if current.manifest.partial_day is not None:
        wanted.add(f"{current.manifest.partial_day:%Y-%m}")
    connection.execute(f"INSERT INTO raw {stored_lines(current, sorted(wanted))}")
    return posted


def _stage_all(connection: duckdb.DuckDBPyConnection, current: Generation, batches: Batches) -> Inserted:
    """Fills ``raw`` with all lines, stored and posted."""
    connection.execute(f"CREATE OR REPLACE TABLE raw AS {stored_lines(current, None)}")
    return insert_posted(connection, batches, current.manifest.columns, current.manifest.posted)


def _made_anew(work: _Work) -> Path:
    """From all lines, which ``raw`` holds."""
    rules, remarks = clean_all(work.connection, work.rules)
    lines_in, counts, lines_out = waterfall(work.connection, rules)
    found, old = outline(work.connection), work.current.manifest
    measures = measures_for(old.columns)
    panel = build_panel(work.connection, found.segments, measures, found.last_day)
    changed = replace(
        _manifest(work, found, rules, key_sums(work.connection), remarks),
        lines_in=lines_in,
        lines_out=lines_out,
        waterfall=tuple(counts),
        measures=measures,
    )
    return write_generation(work.root, work.connection, panel, changed)


def _continued(work: _Work) -> Path | None:
    """From the lines of some months and the generation before.

    None where that is not enough: other countries are now the largest, or stand in another order; a C no longer marks
    cancellations; the last day was whole and now looks partial.
    """
    connection, old = work.connection, work.current.manifest
    clean(connection, work.rules)
    duplicate_on = any(rule.id == "duplicate" for rule in work.rules)
    months = frozenset(month for (month,) in connection.execute(f"SELECT DISTINCT {MONTH} FROM ruled").fetchall())
    before = Before(work.current, months, ())
    cube = connection.sql(cube_query(duplicate_on, before)).to_arrow_table()
    with duckdb.connect(config={"threads": 1}) as whole:
        _baskets_of(whole, cube, _ends(connection, work.current, months, cube))
        if numbers_start_with_c(whole) and any(rule.id == "cancellation" for rule in work.rules):
            return None
        found = outline(whole)
        counts = _waterfall(whole, old)
    if found.segments != old.segments or found.last_day < old.last_day:
        return None
    assert old.key_sums is not None
    sums = added(old.key_sums, key_sums(connection, f"source = {POSTED_SOURCE}"))
    kept = next(count.dropped for count in counts if count.id == KEPT)
    changed = replace(
        _manifest(work, found, work.rules, sums, ()),
        lines_in=sum(count.dropped for count in counts),
        lines_out=kept,
        waterfall=tuple(count for count in counts if count.id != KEPT),
    )
    panel = _panel(work, found, months)
    spans = _spans(_days_to_count(work, found))
    return write_generation(work.root, connection, panel, changed, replace(before, spans=spans))


def _manifest(
    work: _Work, found: Outline, rules: tuple[Rule, ...], sums: KeySums, remarks: tuple[str, ...]
) -> Manifest:
    """The manifest before with what its lines as a whole are now; counts of lines are still to be set."""
    old = work.current.manifest
    files = [one for one in old.sources if one.name != POSTED]
    before = sum(one.lines for one in old.sources if one.name == POSTED)
    gone = {C_NOTE, *partial_note(old.partial_day, old.last_time)}
    notes = [note for note in old.notes if note not in gone]
    return replace(
        old,
        id=new_id(),
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        first_day=found.first_day,
        last_day=found.last_day,
        last_time=found.last_time,
        partial_day=found.partial_day,
        main_country=found.main_country,
        segments=found.segments,
        sources=(*files, Source(POSTED, None, before + work.posted.lines)),
        notes=(*notes, *remarks, *partial_note(found.partial_day, found.last_time)),
        content=content_of(sums, rules, len(files)),
        fingerprint=known_fingerprint(work.root, old.id) or old.fingerprint,
        seconds={"merge": round(time.perf_counter() - work.started, 4)},
        posted=work.posted.last_id,
        loaded=old.loaded or old.id,
        key_sums=sums,
    )


def _baskets_of(whole: duckdb.DuckDBPyConnection, cube: pa.Table, ends: pa.Table) -> None:
    """A table ``baskets`` of all lines, coarser than the one of ``clean``: enough for ``outline`` and for counts."""
    whole.register("cells", cube)
    whole.register("ends", ends)
    whole.execute(
        """CREATE TABLE repeats AS SELECT coalesce(sum(lines), 0)::BIGINT AS n FROM cells WHERE rule = 'duplicate';
           CREATE TABLE baskets AS
           SELECT day, country, rule, sum(lines)::BIGINT AS lines, any_value(last_time) AS last_time
           FROM cells LEFT JOIN ends USING (day) WHERE rule <> 'duplicate' GROUP BY day, country, rule"""
    )


def _ends(
    connection: duckdb.DuckDBPyConnection, current: Generation, months: frozenset[str], cube: pa.Table
) -> pa.Table:
    """When the last kept line of a day was (day, last_time), of as many days as tell whether the last one is whole."""
    kept = cube.filter(pc.equal(cube["rule"], KEPT))["day"].to_numpy()
    days = np.unique(kept.astype("datetime64[D]"))
    since = days[-min(len(days), 6 * USUAL_DAYS + 1)].item() if len(days) else dt.date.max
    stored = sorted(path.name.removeprefix("month=") for path in (current.path / "lines").glob("month=*"))
    others = [month for month in stored if month not in months and month >= f"{since:%Y-%m}"]
    return connection.sql(
        f"""SELECT day, max(time) AS last_time FROM {files_of(current, "lines", others)} GROUP BY day
            UNION ALL SELECT day, max(last_time) FROM baskets WHERE rule = '' GROUP BY day"""
    ).to_arrow_table()


def _waterfall(whole: duckdb.DuckDBPyConnection, old: Manifest) -> list[RuleCount]:
    """How many lines each rule drops now, in the order of the generation before, and KEPT for those that stay.

    Posted lines overlap with nothing, so that the number of overlaps stays what it was.
    """
    dropped = dict(whole.execute("SELECT rule, sum(lines)::BIGINT FROM baskets GROUP BY rule").fetchall())
    dropped["duplicate"] = whole.execute("SELECT n FROM repeats").fetchall()[0][0]
    counts = [
        count if count.id == OVERLAP else replace(count, dropped=dropped.get(count.id, 0)) for count in old.waterfall
    ]
    return [*counts, RuleCount(KEPT, dropped.get(KEPT, 0), True)]


def _panel(work: _Work, found: Outline, months: frozenset[str]) -> Panel:
    """The days of ``months`` from the new lines, the others from the panel before."""
    old, measures = work.current.panel(), work.current.manifest.measures
    values = daily_values(work.connection, found.segments, measures, found.first_day, found.last_day)
    series, shift = series_of(measures, found.segments), (old.first_day - found.first_day).days
    days = np.datetime64(found.first_day, "D") + np.arange(values.shape[1])
    inside = np.isin(old.days.astype("datetime64[M]"), np.array(sorted(months), "datetime64[M]"))
    place = shift + np.flatnonzero(~inside)
    assert len(days) >= shift + old.n_days
    values[:, place] = old.select(series).values[:, ~inside]
    return Panel(series, found.first_day, values)


def _days_to_count(work: _Work, found: Outline) -> set[dt.date]:
    """Days whose counts may differ: those of new lines, those that the panel did not have, and the first days that
    customers had before a new line of theirs came from an earlier one: they are no longer new then."""
    old = work.current.manifest
    posted = f"source = {POSTED_SOURCE}"
    days = {day for (day,) in work.connection.execute(f"SELECT DISTINCT time::DATE FROM raw WHERE {posted}").fetchall()}
    days.update(_range(found.first_day, old.first_day - ONE_DAY))
    days.update(_range(old.last_day + ONE_DAY, found.last_day))
    if "customer" in old.columns:
        earlier = work.connection.execute(
            f"""WITH came AS (SELECT customer, min(day) AS first FROM baskets
                              WHERE rule = '' AND customer IS NOT NULL
                                AND day IN (SELECT DISTINCT time::DATE FROM raw WHERE {posted})
                              GROUP BY customer),
                     known AS (SELECT customer, min(day) AS before FROM {files_of(work.current, "lines", None)}
                               GROUP BY customer)
                SELECT DISTINCT before FROM came JOIN known USING (customer) WHERE first < before"""
        ).fetchall()
        days.update(day for (day,) in earlier)
    return {day for day in days if found.first_day <= day <= found.last_day}


def _range(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    return (first + number * ONE_DAY for number in range((last - first).days + 1))


def _spans(days: set[dt.date]) -> tuple[Span, ...]:
    """Stretches that hold all days: few, because each costs a look at the lines."""
    ordered = sorted(days)
    spans: list[Span] = []
    for day in ordered:
        if spans and (day - spans[-1][1]).days <= NEAR_DAYS:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return tuple(spans) if len(spans) <= MOST_SPANS else ((ordered[0], ordered[-1]),)
