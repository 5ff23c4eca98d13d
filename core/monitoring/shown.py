"""What the page of the monitoring reads: little at a time, so that a web worker stays light and answers at once."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Engine, and_, func, select

from core.monitoring.features import MODEL_INPUTS, measures, model_inputs
from core.monitoring.psi import Floats
from core.monitoring.reference import Reference
from core.series.panel import MEASURES
from core.state.engine import reading
from core.state.tables import ALERT_EVENTS, MONITOR_DAYS, SILENCES, STATISTICS
from core.transactions.counts import COUNTS_FILE, DayCounts, FeatureDays, write_counts

if TYPE_CHECKING:
    from core.lifecycle.version import Version
    from core.series.calendar import OpeningCalendar
    from core.transactions.store import Generation

VERDICTS = ("not enough data", "stable", "watch", "drift")
"""As numbers in ``Grid.verdict``; −1: the day has none of the feature."""
KEPT = 4


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


def moves(engine: Engine) -> str:
    """Another text whenever anybody, or a day, changed an alert or a silence."""
    with reading(engine) as connection:
        events = connection.execute(select(func.max(ALERT_EVENTS.c.id))).scalar()
        silences = connection.execute(select(func.max(SILENCES.c.id), func.count(SILENCES.c.ended_at))).one()
        days = connection.execute(select(func.count()).select_from(MONITOR_DAYS)).scalar_one()
    return f"{events}-{silences[0]}-{silences[1]}-{days}"


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


def grid(engine: Engine, version: str, first: dt.date, last: dt.date) -> Grid:
    """The history of a version from ``first`` to ``last``; features in the order of the alphabet."""
    table = STATISTICS.c
    columns = (table.day, table.feature, table.level, table.psi, table.psi_limit, table.verdict)
    query = select(*columns).where(table.version_id == version, table.day >= first, table.day <= last)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    n_days = max((last - first).days + 1, 0)
    known = sorted({(row[1], row[2]) for row in rows})
    place = {name: number for number, (name, _) in enumerate(known)}
    psi, limit = np.full((2, len(known), n_days), np.nan)
    verdict = np.full((len(known), n_days), -1, np.int8)
    codes = {name: number for number, name in enumerate(VERDICTS)}
    begin = first.toordinal()
    for day, feature, _, value, chance, found in rows:
        at = place[feature], day.toordinal() - begin
        psi[at] = np.nan if value is None else value
        limit[at] = np.nan if chance is None else chance
        verdict[at] = codes[found]
    return Grid(first, tuple(name for name, _ in known), tuple(level for _, level in known), psi, limit, verdict)


def reference_of(version: Version) -> Reference | None:
    """What was frozen with a version, kept with it; None for one made before references were kept."""
    from core.lifecycle.version import REFERENCE

    if REFERENCE not in version.manifest["files"]:
        return None
    return version.keep("monitoring", lambda: Reference.from_json(json.loads(version.read(REFERENCE))))


_known: OrderedDict[tuple[str, str, str], FeatureDays] = OrderedDict()
_lock = threading.Lock()


def feature_of(generation: Generation, calendar: OpeningCalendar, name: str) -> FeatureDays | None:
    """One feature of the data, without reading the others; None for one that they do not have."""
    key = (str(generation.path), json.dumps(calendar.to_json(), sort_keys=True), name)
    with _lock:
        if key not in _known:
            made = _made(generation, calendar, name)
            if made is None:
                return None
            _known[key] = made
            while len(_known) > KEPT:
                _known.popitem(last=False)
        _known.move_to_end(key)
        return _known[key]


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
    if not (generation.path / COUNTS_FILE).is_file():
        write_counts(generation)
    file = pq.ParquetFile(generation.path / COUNTS_FILE)
    about = json.loads(file.schema_arrow.metadata[b"tidemark"])
    kinds = dict(about["features"])
    if name not in kinds:
        return None
    parts = [part.filter(pc.equal(part["feature"], name)) for part in file.iter_batches(1 << 16)]
    table = pa.Table.from_batches(parts, file.schema_arrow)
    mine = {**about, "features": [[name, kinds[name]]]}
    found = DayCounts.from_table(table.replace_schema_metadata({"tidemark": json.dumps(mine)}))[name]
    del parts, table
    pa.default_memory_pool().release_unused()
    return found
