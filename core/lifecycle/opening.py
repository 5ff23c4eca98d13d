"""The opening calendar as somebody edits it: single days declared open or closed, checked, kept whole, on record."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sqlalchemy import Engine

from core.config import Config
from core.errors import InputError
from core.lifecycle import audit
from core.lifecycle.audit import OPENING
from core.lifecycle.files import sync
from core.series.calendar import Reasons, holiday_country, infer_calendar
from core.series.days import Flags, as_days, day_range
from core.series.overrides import Declared, parse_declared, read_declared, to_csv
from core.series.panel import Days, Series
from core.state.engine import writing

if TYPE_CHECKING:
    from core.lifecycle.version import Version
    from core.transactions.store import Generation

DAYS_AHEAD = 365
"""So far behind the last day of the data single days can be declared: as far as forecasts reach."""
MOST_DAYS = 366
"""Days that one change may be about."""
MOST_REMARK = 200
MOST_TEXT = 1_000_000
"""Characters of a remark, and of a calendar file that is taken in."""

LOCK = ".calendar.lock"

Refusal = Literal["order", "long", "outside", "traded", "nothing", "empty", "large"]


class RefusedError(InputError):
    """A change that cannot be; ``code`` and ``values`` say why for a page that has its own words."""

    def __init__(self, code: Refusal, problem: str, hint: str | None = None, **values: Any) -> None:
        super().__init__(problem, hint=hint)
        self.code, self.values = code, values


@dataclass(frozen=True, slots=True)
class Opening:
    """Every day from the first of the data to DAYS_AHEAD behind its last, arrays of shape (number of days,).

    ``reasons``: why a day is closed, "" for open, as in core.series.calendar; ``by_rule``: the same without what is
    declared; ``traded``: the past days with trade. ``last_day``: of the data. ``known``: what the forecasts in use have
    heard of single days.
    """

    days: Days
    reasons: Reasons
    by_rule: Reasons
    traded: Flags
    last_day: dt.date
    declared: Mapping[dt.date, Declared]
    known: Mapping[dt.date, bool]

    @property
    def first_day(self) -> dt.date:
        first: dt.date = self.days[0].item()
        return first

    @property
    def final_day(self) -> dt.date:
        final: dt.date = self.days[-1].item()
        return final

    @property
    def pending(self) -> tuple[dt.date, ...]:
        """Days of which something else is said than the forecasts in use have heard."""
        said = {day: one.is_open for day, one in self.declared.items()}
        return tuple(sorted(day for day in {*said, *self.known} if said.get(day) != self.known.get(day)))


@dataclass(frozen=True, slots=True)
class Changed:
    """``days`` that are now declared otherwise, and ``traded``: days left as they are, because there was trade."""

    days: tuple[dt.date, ...]
    traded: tuple[dt.date, ...]


def opening(config: Config, generation: Generation, version: Version | None) -> Opening:
    """The calendar of an installation as it is now. ``version``: the one whose forecasts are in use.

    Raises InputError for a calendar file that cannot be used.
    """
    declared = read_declared(config.calendar_file)
    values, first = generation.panel()[Series("transactions")], generation.manifest.first_day
    country = holiday_country(generation.manifest.main_country, config.holidays_country)
    said = {day: one.is_open for day, one in declared.items()}
    days = day_range(first, len(values) + DAYS_AHEAD)
    by_rule = infer_calendar(first, values, country).reasons(days)
    reasons = infer_calendar(first, values, country, said).reasons(days) if said else by_rule
    traded = np.zeros(len(days), bool)
    traded[: len(values)] = values > 0
    recipe = {} if version is None else version.manifest["recipe"]
    known = {dt.date.fromisoformat(day): bool(is_open) for day, is_open in recipe.get("overrides", ())}
    return Opening(days, reasons, by_rule, traded, generation.manifest.last_day, declared, known)


def declare(
    config: Config,
    engine: Engine,
    generation: Generation,
    span: tuple[dt.date, dt.date],
    is_open: bool | None,
    remark: str,
    who: str,
) -> Changed:
    """Declares the days of ``span`` (first and last) open or closed; None takes back what was declared, also of days
    that lie outside of the data, as a file may name them.

    Days with trade are left as they are: they are open whatever is said. Raises RefusedError.
    """
    if is_open is None:
        first, last = span
        return _keep(config, engine, lambda now: {day: None for day in now if first <= day <= last}, (), remark, who)
    found = opening(config, generation, None)
    days = _days(found, *span)
    wanted, traded = _split(found, days)
    if not wanted:
        raise RefusedError("traded", "the business traded on these days: they are open whatever is said")
    said = Declared(is_open, " ".join(remark.split())[:MOST_REMARK])

    def change(now: Mapping[dt.date, Declared]) -> dict[dt.date, Declared | None]:
        new = {day: Declared(said.is_open, said.remark, now[day].more if day in now else ()) for day in wanted}
        return {day: one for day, one in new.items() if now.get(day) != one}

    return _keep(config, engine, change, traded, remark, who)


def take_in(
    config: Config,
    engine: Engine,
    generation: Generation,
    text: str,
    file: str,
    who: str,
    cell: Callable[[str], str] = str,
) -> Changed:
    """Declares every day of a calendar file as it says; other days stay. ``cell``: undoes what made its texts safe for
    spreadsheets. Raises InputError naming row and column."""
    if len(text) > MOST_TEXT:
        raise RefusedError("large", f"the file is longer than {MOST_TEXT:,} characters", most=MOST_TEXT)
    said = parse_declared(text.removeprefix("\ufeff"), file)
    if not said:
        raise RefusedError("empty", "the file names no day")
    said = {day: one.with_texts(cell) for day, one in said.items()}
    wanted, traded = _split(opening(config, generation, None), list(said))
    return _keep(
        config,
        engine,
        lambda now: {day: said[day] for day in wanted if now.get(day) != said[day]},
        traded,
        file,
        who,
    )


def _days(found: Opening, first: dt.date, last: dt.date) -> list[dt.date]:
    if last < first:
        raise RefusedError("order", f"the last day, {last}, is before the first, {first}")
    if first < found.first_day or last > found.final_day:
        hint = f"Use days from {found.first_day} to {found.final_day}."
        values = {"first": found.first_day, "last": found.final_day}
        raise RefusedError("outside", "these days are outside of the data and the forecasts", hint, **values)
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise RefusedError("long", f"{count} days are too many at once", f"Use {MOST_DAYS} at most.", most=MOST_DAYS)
    return [first + dt.timedelta(days=n) for n in range(count)]


def _split(found: Opening, days: list[dt.date]) -> tuple[list[dt.date], tuple[dt.date, ...]]:
    """Days of which something can be said, and those with trade."""
    with_trade = set(found.days[found.traded & np.isin(found.days, as_days(days))].tolist())
    return [day for day in days if day not in with_trade], tuple(sorted(with_trade))


def _keep(
    config: Config,
    engine: Engine,
    change: Callable[[Mapping[dt.date, Declared]], dict[dt.date, Declared | None]],
    traded: tuple[dt.date, ...],
    why: str,
    who: str,
) -> Changed:
    """Puts the changed days into the file (None: out of it), one writer at a time, with a row of the audit."""
    path = config.calendar_file
    with _alone(path.parent):
        now = read_declared(path)
        new = change(now)
        if not new:
            raise RefusedError("nothing", "nothing would be changed by this")
        after = {**now, **{day: one for day, one in new.items() if one is not None}}
        text = to_csv({day: one for day, one in after.items() if new.get(day, one) is not None})
        days = tuple(sorted(new))
        before = {day: now.get(day) for day in days}
        with writing(engine) as connection:
            evidence = {"days": {day.isoformat(): [_word(before[day]), _word(new[day])] for day in days}}
            values = (_summary(days, before), _summary(days, new))
            audit.record(connection, who, OPENING, values, " ".join(why.split())[:MOST_REMARK], evidence)
            _replace(path, text)  # last: what cannot be written leaves no row
    return Changed(days, traded)


def _word(one: Declared | None) -> str:
    return "rule" if one is None else "open" if one.is_open else "closed"


def _summary(days: tuple[dt.date, ...], said: Mapping[dt.date, Declared | None]) -> str:
    """JSON: first and last day, how many, and what is said of them ("mixed" where that differs)."""
    words = {_word(said[day]) for day in days}
    state = words.pop() if len(words) == 1 else "mixed"
    return json.dumps({"first": days[0].isoformat(), "last": days[-1].isoformat(), "days": len(days), "state": state})


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, text: str) -> None:
    """The new text or the old one, whatever happens; only one writer comes here at a time."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, "utf-8")
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)
