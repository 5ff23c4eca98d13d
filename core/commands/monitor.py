"""The command ``monitor``: brings the history of the monitoring up to date and says how things are."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.commands.output import DAY, json_option, print_json, progress_bar, say

if TYPE_CHECKING:
    from core.config import Config
    from core.lifecycle.version import Version
    from core.monitoring.drift import DriftReport
    from core.transactions.store import Generation


@click.command()
@click.option("--days", default=30, show_default=True, help="Length of the window that is looked at, in days.")
@click.option("--reference", nargs=2, type=DAY, help="First and last day to compare with; default: as on the page "
              "Monitor, the year that the version in use learnt from, or the year before.")  # fmt: skip
@click.option("--since", type=DAY, help="First day of the history that is filled in; default: the first of the "
              "data. Days before it are left out for good, also from alerts. A history that has begun goes on where it "
              "was.")  # fmt: skip
@click.option("--export", type=click.Path(path_type=Path, dir_okay=False), help="Write the counts by day and value of "
              "every feature to this file (.parquet).")  # fmt: skip
@json_option
def monitor(
    days: int,
    reference: tuple[dt.datetime, dt.datetime] | None,
    since: dt.datetime | None,
    export: Path | None,
    as_json: bool,
) -> None:
    """Look at every day that was not looked at yet, and compare the last days with a reference."""
    from dataclasses import asdict

    from core.config import Config
    from core.errors import NotReadyError
    from core.lifecycle.registry import Registry
    from core.monitoring.drift import drift_report, windows
    from core.transactions.store import Store

    config = Config.from_env()
    generation = Store(config.store_dir).current()
    if generation is None:
        raise NotReadyError("There are no data yet; load some with: python -m core prepare FILE.")
    chosen = (reference[0].date(), reference[1].date()) if reference else None
    windows(generation.manifest.first_day, generation.manifest.last_day, days, chosen)  # refused before any work
    found = _watched(config, generation, since, as_json=as_json)
    version = Registry(config).champion()
    report = None if version is None else _as_watched(config, generation, version, days, chosen)
    report = report or drift_report(generation, days, chosen, holidays=config.holidays_country)
    if export is not None:
        _export(config, generation, export)
    if as_json:
        print_json({"verdict": report.verdict, **asdict(report), "history": found})
        return
    _show(report)
    if found is None:
        click.echo("\nNo forecast is in use yet: no history is kept, no alert is raised.")
        return
    click.echo(f"\nHistory up to {found['last_day']}: {found['days']} new days. Open alerts: {len(found['open'])}")
    for one in found["open"]:
        say(f"{one['id']:>5} {one['severity']:9}{one['kind']:12}{', '.join(one['subjects'])}")


def _watched(
    config: Config, generation: Generation, since: dt.datetime | None, *, as_json: bool
) -> dict[str, Any] | None:
    """What the watch says; None while no version is in use."""
    from core.lifecycle.registry import Registry
    from core.monitoring.monitor_job import watch
    from core.monitoring.shown import span
    from core.state.engine import open_engine

    version = Registry(config).champion()
    if version is None:
        return None
    wanted, engine = None if since is None else since.date(), open_engine(config.database)
    before = span(engine, version.id)
    with progress_bar("Looking at the days", enabled=not as_json) as tell:
        found = watch(config, generation, version, tell, since=wanted)
    done = span(engine, version.id)
    if wanted and before and done and done.first < wanted <= before.last + dt.timedelta(days=1):
        click.echo(f"--since {wanted} has left nothing out: the history of {version.id} begins on {done.first} already "
                   f"and went on where it was ({found['days']} new days).", err=True)  # fmt: skip
    return found


def _as_watched(
    config: Config, generation: Generation, version: Version, days: int, chosen: tuple[dt.date, dt.date] | None
) -> DriftReport | None:
    """As the page Monitor compares the last days: same reference, statistics and verdicts, those of the history where
    that has them. None where the page has too few days for any feature."""
    from core.monitoring.drift import CURRENT_DAYS, DriftReport
    from core.monitoring.history import watched_of
    from core.monitoring.inspect import Asked, compare_as_watched
    from core.monitoring.shown import explained_by_season
    from core.state.engine import open_engine

    watched, last = watched_of(generation, version), generation.manifest.last_day
    asked = Asked(last, days) if chosen is None else Asked(last, days, "fixed", *chosen)
    season = days == CURRENT_DAYS and chosen is None
    explained = explained_by_season(open_engine(config.database), version.id, last) if season else frozenset[str]()
    found = compare_as_watched(watched.counts, asked, watched.frozen, explained, config.psi_line)
    return None if found is None else DriftReport(*found)


def _export(config: Config, generation: Generation, path: Path) -> None:
    import pyarrow.parquet as pq

    from core.errors import InputError
    from core.lifecycle.registry import Registry
    from core.monitoring.history import watched_of

    if path.suffix.lower() != ".parquet":
        raise InputError(f"{path.name}: counts are written as .parquet")
    counts = watched_of(generation, Registry(config).champion(), config.holidays_country).counts
    try:
        pq.write_table(counts.to_table(), path, compression="zstd")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


def _show(report: DriftReport) -> None:
    click.echo(f"{report.current[0]} to {report.current[1]} against {report.reference[0]} to {report.reference[1]}\n")
    click.echo(f"{'':6}{'feature':16}{'PSI':>8}{'chance':>9}{'KS':>8}{'p':>10}{'n':>9}  verdict")
    for one in report.features:
        chance, p = _number(one.psi_limit, ".3f", 9), _number(one.ks_p, ".1e", 10)
        numbers = f"{_number(one.psi, '.3f', 8)}{chance}{_number(one.ks, '.3f', 8)}{p}{one.n_cur:>9,}"
        click.echo(f"{one.level:6}{one.feature:16}{numbers}  {one.verdict}")


def _number(value: float | None, form: str, width: int) -> str:
    return ("–" if value is None else format(value, form)).rjust(width)
