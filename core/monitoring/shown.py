"""What the page of the monitoring reads: little at a time, so that a web worker stays light and answers at once."""

from __future__ import annotations

import ctypes
import datetime as dt
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Engine, and_, bindparam, func, select

from core.errors import NotReadyError
from core.monitoring.drift import judge
from core.monitoring.features import MODEL_INPUTS, measures, model_inputs
from core.monitoring.psi import PSI_LINES, Floats, Ints
from core.monitoring.reference import Reference
from core.series.panel import MEASURES
from core.state.base import UtcTime
from core.state.engine import reading
from core.state.tables import ALERT_EVENTS, ALERT_PROGRESS, MONITOR_DAYS, SILENCES, STATISTICS, now
from core.transactions.counts import COUNTS_FILE, FORMAT, FeatureDays, groups_of

if TYPE_CHECKING:
    from core.lifecycle.version import Version
    from core.series.calendar import OpeningCalendar
    from core.transactions.store import Generation

VERDICTS = ("not enough data", "stable", "season", "watch", "drift")
"""As numbers in ``Grid.verdict``, from ``watch`` on worth a look; −1: the day has none of the feature."""
KEPT, BATCH = 250_000, 1 << 15
"""Counts by day and value that are kept in memory, of the features looked at last; rows read at a time."""


@dataclass(frozen=True)
class Span:
    """The days that the monitoring has done for a version; ``features``: of the last of them."""

    first: dt.date
    last: dt.date
    features: int


def span(engine: Engine, version: str) -> Span | None:
    """None for a version without a history."""
    days = select(func.min(MONITOR_DAYS.c.day), func.max(MONITOR_DAYS.c.day)).where(
        MONITOR_DAYS.c.version_id == version
    )
    with reading(engine) as connection:
        first, last = connection.execute(days).one()
        if last is None:
            return None
        of_last = and_(STATISTICS.c.version_id == version, STATISTICS.c.day == last)
        features = connection.execute(select(func.count()).select_from(STATISTICS).where(of_last)).scalar_one()
    return Span(first, last, int(features))


def moves(engine: Engine, moment: dt.datetime | None = None) -> str:
    """Another text whenever anybody, or a day, changed an alert or a silence, or one ran out; asked every second by
    every page. ``moment``: now, unless named."""
    running = bindparam("moment", moment or now(), UtcTime, literal_execute=True)
    parts = (
        select(func.count()).where(SILENCES.c.ended_at.is_(None), SILENCES.c.until > running),
        select(func.max(ALERT_EVENTS.c.id)),
        select(func.max(SILENCES.c.id)),
        select(func.max(SILENCES.c.ended_at)),
        select(func.max(ALERT_PROGRESS.c.at)),  # of its only row
    )
    with reading(engine) as connection:
        return "-".join(map(str, connection.execute(select(*(one.scalar_subquery() for one in parts))).one()))


@dataclass(frozen=True)
class Grid:
    """The verdicts of every feature on consecutive days, shapes (features, days): ``psi`` and its ``limit`` (NaN where
    there is none), ``verdict`` as an index into VERDICTS."""

    first: dt.date
    features: tuple[str, ...]
    levels: tuple[str, ...]
    psi: Floats
    limit: Floats
    verdict: np.ndarray[tuple[int, ...], np.dtype[np.int8]]

    @property
    def days(self) -> tuple[dt.date, ...]:
        return tuple(self.first + dt.timedelta(days=number) for number in range(self.psi.shape[1]))


def grid(engine: Engine, version: str, first: dt.date, last: dt.date, line: float = PSI_LINES[2]) -> Grid:
    """The history of a version from ``first`` to ``last``, of the features of the last day, in alphabetical order.

    ``line``: the PSI line of the settings, by which what stands out is to watch or drift; the history, which no setting
    changes, goes by the customary one."""
    table = STATISTICS.c
    columns = (table.day, table.feature, table.psi, table.psi_limit, table.verdict)
    query = select(*columns).where(table.version_id == version, table.day >= first, table.day <= last)
    names = select(table.feature, table.level).where(table.version_id == version, table.day == last)
    n_days = max((last - first).days + 1, 0)
    codes = {name: number for number, name in enumerate(VERDICTS)}
    begin = first.toordinal()
    with reading(engine) as connection:
        known = sorted({(row[0], row[1]) for row in connection.execute(names)})
        place = {name: number for number, (name, _) in enumerate(known)}
        psi, limit = np.full((2, len(known), n_days), np.nan)
        verdict = np.full((len(known), n_days), -1, np.int8)
        for day, feature, value, chance, found in connection.execute(query).yield_per(1000):
            if feature in place:
                at = place[feature], day.toordinal() - begin
                psi[at] = np.nan if value is None else value
                limit[at] = np.nan if chance is None else chance
                if found in ("watch", "drift") and value is not None and chance is not None:
                    found = judge(value, chance, line)
                verdict[at] = codes[found]
    return Grid(first, tuple(name for name, _ in known), tuple(level for _, level in known), psi, limit, verdict)


def measured(engine: Engine, version: str, day: dt.date) -> list[dict[str, Any]]:
    """The rows of STATISTICS of a version and a day, by level and feature."""
    table = STATISTICS.c
    query = select(STATISTICS).where(table.version_id == version, table.day == day)
    with reading(engine) as connection:
        return [dict(row._mapping) for row in connection.execute(query.order_by(table.level, table.feature))]


def explained_by_season(engine: Engine, version: str, day: dt.date) -> frozenset[str]:
    """The features of which the history of a version says that the season explains them on a day."""
    table = STATISTICS.c
    query = select(table.feature).where(table.version_id == version, table.day == day, table.verdict == "season")
    with reading(engine) as connection:
        return frozenset(connection.execute(query).scalars())


def by_season(engine: Engine, version: str, feature: str, day: dt.date) -> bool:
    """Whether the history of a version says that the season explains a feature on a day."""
    table = STATISTICS.c
    query = select(table.verdict).where(table.version_id == version, table.day == day, table.feature == feature)
    with reading(engine) as connection:
        return connection.execute(query).scalar() == "season"


def reference_of(version: Version) -> Reference | None:
    """What was frozen with a version, kept with it; None for one made before references were kept."""
    from core.lifecycle.version import REFERENCE

    if REFERENCE not in version.manifest["files"]:
        return None
    return version.keep("monitoring", lambda: Reference.from_json(json.loads(version.read(REFERENCE))))


class NotCountedError(NotReadyError):
    """The lines are counted as an earlier version of the code did: a job must count them anew, all of them."""


_Key = tuple[str, str, str]
_known: OrderedDict[_Key, FeatureDays] = OrderedDict()
_reading: dict[_Key, threading.Lock] = {}
_lock = threading.Lock()
"""Of both tables, for a moment: who waits for a feature that is read waits for no other."""


def feature_of(generation: Generation, calendar: OpeningCalendar, name: str) -> FeatureDays | None:
    """One feature of the data, without reading the others; None for one that they do not have. Raises NotCountedError,
    as counting takes too long for a page."""
    key = (str(generation.path), json.dumps(calendar.to_json(), sort_keys=True), name)
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
        mine = _reading.setdefault(key, threading.Lock())
    with mine:
        with _lock:
            if key in _known:  # whoever was here before has read it
                return _known[key]
        try:
            made = _made(generation, calendar, name)
            if made is not None:
                _keep(key, made)
        finally:
            with _lock:
                _reading.pop(key, None)
    give_back()
    return made


def _keep(key: _Key, made: FeatureDays) -> None:
    with _lock:
        _known[key] = made
        while len(_known) > 1 and sum(len(one.day) for one in _known.values()) > KEPT:
            _known.popitem(last=False)


def _made(generation: Generation, calendar: OpeningCalendar, name: str) -> FeatureDays | None:
    panel = generation.panel()
    if name in MEASURES:
        return _named(measures(panel, calendar.is_open(panel.days)), name)
    if name in MODEL_INPUTS:
        return _named(model_inputs(panel, calendar), name)
    return _of_lines(generation, name)


def _named(features: tuple[FeatureDays, ...], name: str) -> FeatureDays | None:
    return next((one for one in features if one.name == name), None)


def _of_lines(generation: Generation, name: str) -> FeatureDays | None:
    """Row by row group of its own lines: the table of all features would be several times as large."""
    file, about = _opened(generation)
    known = next((one for one in about["features"] if one[0] == name), None)
    if known is None:
        return None
    kind, level = known[1], known[2]
    numeric, n_days = kind == "numeric", int(about["days"])
    first = np.datetime64(about["first_day"], "D")
    missing, place = np.zeros(n_days, np.int64), _Places()
    held = "number" if numeric else "label"
    columns, groups = ["feature", "day", held, "count"], groups_of(file, name)
    most, n = sum(file.metadata.row_group(group).num_rows for group in groups), 0
    days, codes, counts = (
        np.empty(most, np.int64) for _ in range(3)
    )  # filled in place: two of each would not be small
    # what threads of its own held would stay
    for batch in file.iter_batches(BATCH, row_groups=groups, columns=columns, use_threads=False):
        mine = batch.filter(pc.equal(batch["feature"], name))
        value = mine[held].dictionary_encode()
        there = value.is_valid().to_numpy(zero_copy_only=False)
        day = (mine["day"].to_numpy(zero_copy_only=False).astype("datetime64[D]") - first).astype(np.int64)
        count = mine["count"].to_numpy(zero_copy_only=False).astype(np.int64)
        missing += np.bincount(day[~there], count[~there], n_days).astype(np.int64)
        code = place.of(value.dictionary.to_pylist())[value.indices.drop_null().to_numpy(zero_copy_only=False)]
        for whole, part in zip((days, codes, counts), (day[there], code, count[there]), strict=True):
            whole[n : n + len(part)] = part
        n += len(code)
    values = np.array(list(place.known), np.float64 if numeric else object)
    order = np.argsort(values)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    np.take(rank, codes[:n], out=codes[:n])
    return FeatureDays(name, kind, values[order], days[:n], codes[:n], counts[:n], missing, level)


def _opened(generation: Generation) -> tuple[pq.ParquetFile, dict[str, Any]]:
    """The counts with what they say of themselves. Raises NotCountedError."""
    path = generation.path / COUNTS_FILE
    if path.is_file():
        file = pq.ParquetFile(path, buffer_size=1 << 16)
        about = json.loads(file.schema_arrow.metadata[b"tidemark"])
        if about["format"] == FORMAT:
            return file, about
    raise NotCountedError("The lines of the data are not counted as this version of Tidemark does.")


class _Places:
    """Numbers the values in the order in which they are seen."""

    def __init__(self) -> None:
        self.known: dict[object, int] = {}

    def of(self, values: list[object]) -> Ints:
        return np.array([self.known.setdefault(one, len(self.known)) for one in values], np.int64)


def give_back() -> None:
    """Memory that is free goes back to the system: what was read for a moment must not stay claimed by a web worker."""
    pa.default_memory_pool().release_unused()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):  # another C library has no such call
        return
