"""The false-alarm budget put to the proof: simulated years without any change, and years with a known one.

``python -m benchmarks.false_alarms`` prints the table of docs/monitoring.md; ``--write`` puts it there, row by row;
``--resume`` goes on with the rows that are not there yet, after a run that was cut short.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from core.monitoring.alerting import Alert, Policy, step
from core.monitoring.features import Window, counts_in, measures
from core.monitoring.findings import Rules, Watched, findings
from core.monitoring.memo import Memo
from core.monitoring.reference import Reference
from core.series.days import Flags, weekday
from core.series.panel import Panel, Series
from core.transactions.counts import DayCounts, FeatureDays, Kind

FIRST = dt.date(2021, 1, 1)
REFERENCE, YEAR = 400, 365
AFTER = 60
"""Days that a change is given to be found in."""
NOISE, OWN = 0.20, 0.10
"""Standard deviations in logs of what all measures share, and of what each has for itself."""
LINES = 300
WEEK = np.array([1.1, 1.15, 1.1, 1.2, 0.95, 0.0, 0.5])
PAGE = Path(__file__).parents[1] / "docs" / "monitoring.md"
MARKS = ("<!-- false alarms: python -m benchmarks.false_alarms --write -->", "<!-- /false alarms -->")


@dataclass(frozen=True)
class Setting:
    """``rho``: AR(1) of the noise; ``tail``: degrees of freedom of Student's t, None for normal."""

    name: str
    rho: float
    tail: int | None = None


SETTINGS = (
    Setting("independent days", 0.0),
    Setting("AR(1) 0.3", 0.3),
    Setting("AR(1) 0.5", 0.5),
    Setting("AR(1) 0.8", 0.8),
    Setting("heavy tails (t4), AR(1) 0.3", 0.3, 4),
    Setting("heavy tails (t4), AR(1) 0.8", 0.8, 4),
)


@dataclass(frozen=True)
class Shift:
    """A level that moves by ``size`` standard deviations on day ``day``; of the noise as it is ("day") or of its sum
    over a long time per day ("long run"), which is larger by (1 + ρ)/(1 − ρ) under the root."""

    size: float
    unit: str
    day: int = REFERENCE + 30


def watched(setting: Setting, seed: int, days: int, shift: Shift | None = None) -> Watched:
    """A business closed on Saturdays and ten holidays a year, with three measures and four features of lines."""
    rng = np.random.default_rng(seed)
    shared, *own = (noise(rng, setting, days) for _ in range(4))
    day = np.arange(days)
    dates = np.datetime64(FIRST, "D") + day
    level = np.zeros(days)
    if shift is not None:
        scale = np.sqrt(NOISE**2 + OWN**2)
        longer = np.sqrt((1 + setting.rho) / (1 - setting.rho)) if shift.unit == "long run" else 1.0
        level[shift.day :] = shift.size * scale * longer
    usual = np.log(np.maximum(WEEK[weekday(dates)], 1e-9))
    is_open = (WEEK[weekday(dates)] > 0) & ~np.isin(day % 365, rng.choice(365, 10, replace=False))
    series, values = (Series("transactions"), Series("units"), Series("revenue")), []
    for mean, rest in zip((7.0, 9.0, 10.0), own, strict=True):
        log = mean + usual + level + NOISE * shared + OWN * rest
        values.append(np.where(is_open, np.round(np.exp(log)), 0.0))
    panel = Panel(series, FIRST, np.stack(values))
    lines = tuple(_lines(rng, setting, name, bins, is_open) for name, bins in LINE_FEATURES)
    counts = DayCounts(FIRST, (*measures(panel, is_open), *lines))
    return Watched(counts, panel, is_open, _frozen(counts))


def _frozen(counts: DayCounts) -> Reference:
    """The year before the watched one, as a version in use would have frozen it."""
    window = Window(FIRST + dt.timedelta(days=REFERENCE - YEAR), FIRST + dt.timedelta(days=REFERENCE - 1))
    return Reference(window, tuple(counts_in(counts, window, window)))


LINE_FEATURES = (("quantity", 40), ("price", 60), ("hour", 12), ("country", 8))


def noise(rng: np.random.Generator, setting: Setting, days: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """AR(1) with variance 1."""
    raw = rng.standard_normal(days + 200) if setting.tail is None else rng.standard_t(setting.tail, days + 200)
    if setting.tail is not None:
        raw /= np.sqrt(setting.tail / (setting.tail - 2.0))
    return np.asarray(lfilter([np.sqrt(1 - setting.rho**2)], [1.0, -setting.rho], raw)[200:])


def _lines(rng: np.random.Generator, setting: Setting, name: str, bins: int, is_open: Flags) -> FeatureDays:
    """Lines a day over values whose shares move from day to day as the noise does."""
    days = len(is_open)
    base = np.log(rng.dirichlet(np.full(bins, 2.0)))
    log = base + 0.15 * np.stack([noise(rng, setting, days) for _ in range(bins)], axis=1)
    share = np.exp(log) / np.exp(log).sum(axis=1, keepdims=True)
    counts = rng.multinomial(np.where(is_open, LINES, 0), share)
    day, value = np.nonzero(counts)
    kind: Kind = "category" if name == "country" else "numeric"
    names = np.array([f"c{n}" for n in range(bins)], dtype=object) if kind == "category" else np.arange(float(bins))
    return FeatureDays(name, kind, names, day, value, counts[day, value], np.zeros(days, np.int64))


def alerts_of(look: Watched, first: int, last: int, rules: Rules) -> Iterator[tuple[int, Alert]]:
    """Alerts that open and that people are told of, with the number of their day."""
    current: dict[str, Alert] = {}
    start = FIRST + dt.timedelta(days=first)
    for found in findings(look, start, FIRST + dt.timedelta(days=last), rules, Memo()):
        for change in step(found.day, found.signals, list(current.values()), Policy()):
            if change.event == "vanished":
                current.pop(change.alert.key, None)
                continue
            known = current.get(change.alert.key)
            number = known.id if known else len(current) + 1
            current[change.alert.key] = replace(change.alert, id=number)
            if change.event in ("opened", "reopened") and change.alert.severity != "info":
                yield (found.day - FIRST).days, change.alert


def year_without_change(task: tuple[int, int]) -> list[str]:
    """Kinds of the alerts of a year in which nothing changes."""
    setting, seed = task
    look = watched(SETTINGS[setting], 1000 * setting + seed, REFERENCE + YEAR)
    return [alert.kind for _, alert in alerts_of(look, REFERENCE, REFERENCE + YEAR - 1, Rules())]


def delay(task: tuple[int, int, Shift]) -> int:
    """Days from a shift to the alert that tells of it, its first day counted as 1; a large number for none."""
    setting, seed, shift = task
    look = watched(SETTINGS[setting], 7_000_000 + 1000 * setting + seed, shift.day + AFTER, shift)
    for day, alert in alerts_of(look, shift.day - 1, shift.day + AFTER - 1, Rules()):
        if day >= shift.day and alert.kind in ("level", "shape"):
            return day - shift.day + 1
    return 10_000


def table(years: int, shifts: int, workers: int, keep: Callable[[str], None], known: Sequence[str] = ()) -> str:
    """The table in Markdown; ``keep`` gets what there is of it after every row, as all take an hour of computing.

    ``known``: rows of an earlier run of the same code, which are taken as they are.
    """
    columns = [Shift(1.0, "day"), Shift(2.0, "day"), Shift(1.0, "long run"), Shift(2.0, "long run")]
    rows = [
        "| without change | alerts a year | 1 sd | 2 sd | 1 long-run sd | 2 long-run sd |",
        "|---|---|---|---|---|---|",
    ]
    with get_context("spawn").Pool(workers) as pool:
        for number, setting in enumerate(SETTINGS):
            if found := [row for row in known if row.startswith(f"| {setting.name} |")]:
                rows += found
                continue
            kinds = pool.map(year_without_change, [(number, seed) for seed in range(years)], chunksize=4)
            cells = [f"{np.mean([len(one) for one in kinds]):.2f}"]
            for shift in columns:
                delays = pool.map(delay, [(number, seed, shift) for seed in range(shifts)], chunksize=4)
                cells.append(_days(delays))
            rows.append(f"| {setting.name} | {' | '.join(cells)} |")
            print(rows[-1], dict(Counter(kind for one in kinds for kind in one)), flush=True)
            keep("\n".join(rows))
    return "\n".join(rows)


def _days(delays: Sequence[int]) -> str:
    middle = float(np.median(delays))
    found = np.mean([one <= 10 for one in delays])
    return f"{middle:.0f} days ({found:.0%} in 10)" if middle < AFTER else f"over {AFTER} ({found:.0%} in 10)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=200)
    parser.add_argument("--shifts", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="put the table into docs/monitoring.md")
    parser.add_argument("--resume", action="store_true", help="the same, but keep the rows that are there")
    asked = parser.parse_args()
    keep = write if asked.write or asked.resume else lambda _: None
    known = parts()[1].splitlines() if asked.resume else []
    print(table(asked.years, asked.shifts, asked.workers, keep, known))


def parts() -> tuple[str, str, str]:
    """The page before the table, the table, and the page after it."""
    before, rest = PAGE.read_text("utf-8").split(MARKS[0])
    known, after = rest.split(MARKS[1])
    return before, known, after


def write(text: str) -> None:
    """Into the page, in place of what stood there."""
    before, _, after = parts()
    PAGE.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}", "utf-8")


if __name__ == "__main__":
    main()
