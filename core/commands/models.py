"""The commands around models: ``bootstrap``, ``train``, ``forecast``, ``backtest``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.commands.output import DAY, Progress, json_option, person, print_json, progress_bar, say

if TYPE_CHECKING:
    import pandas as pd

    from core.lifecycle.version import Version

OUT = click.option("--out", type=click.Path(path_type=Path), help="Write a table to this file (.csv or .parquet).")
MEASURE = click.option("--measure", default="transactions", show_default=True, help="What is forecast.")
SEGMENT = click.option("--segment", default="total", show_default=True, help="Of which part: total, country:France, …")
PANEL = click.option("--panel", type=click.Path(path_type=Path), help="A daily panel of your own: unique_id, ds, y, ….")
WORKERS = click.option("--workers", type=click.IntRange(min=1), help="Processes; default: one a core, if worth it.")
NO_CACHE = click.option("--no-cache", is_flag=True, help="Compute everything anew.")


@click.command()
@json_option
def bootstrap(as_json: bool) -> None:
    """Make sure that data are prepared and a forecast of them serves; does only what is missing."""
    from core.config import Config
    from core.lifecycle.bootstrap import bootstrap as run

    with progress_bar("Starting", enabled=not as_json) as tell:
        outcome = run(Config.from_env(), tell, person(), "start")
    if as_json:
        print_json(
            {
                "source": outcome.source.sentence,
                "generation": outcome.generation.id,
                "version": outcome.version.id,
                "prepared": outcome.prepared,
                "trained": outcome.trained,
            }
        )
    elif not outcome.trained:
        click.echo(f"Version {outcome.version.id} is up to date.", err=True)


@click.command()
@click.option("--measure", "measures", multiple=True, help="Only this measure; may be repeated. Default: all.")
@click.option("--models", help="Names with commas between; default: those of the setting MODELS.")
@click.option("--window", type=int, help="Learn from so many days before each origin only.")
@click.option("--why", default="manual", show_default=True, help="For the record.")
@json_option
def train(measures: tuple[str, ...], models: str | None, window: int | None, why: str, as_json: bool) -> None:
    """Train on the current data; the new version comes into use if it is no worse than the one before."""
    from core.commands import tables
    from core.config import Config
    from core.lifecycle.bootstrap import TRAIN, as_job
    from core.lifecycle.jobs import Jobs
    from core.lifecycle.recipe import Request
    from core.lifecycle.registry import Registry
    from core.lifecycle.training import train_for_job
    from core.state.engine import open_engine

    config = Config.from_env()
    request = Request.of({"measures": measures or None, "models": tables.model_names(models), "window": window})
    jobs, registry = Jobs(open_engine(config.database)), Registry(config)

    def work(tell: Progress) -> tuple[tuple[Version, dict[str, Any]], object]:
        made = train_for_job(config, tell, why, person(), registry, request)
        return made, made[1]

    with progress_bar("Training", enabled=not as_json) as tell:
        version, result = as_job(jobs, TRAIN, person(), why, tell, work, request.to_json())
    if as_json:
        kept = {key: version.manifest[key] for key in ("data", "models", "best", "scores", "gate")}
        print_json({**result, **kept})


@click.command()
@MEASURE
@SEGMENT
@PANEL
@click.option("--horizon", default=28, show_default=True, help="Days ahead, 1 to 365.")
@click.option("--models", help="Names with commas between; default: the best one, of a panel the ensemble.")
@WORKERS
@NO_CACHE
@OUT
@json_option
def forecast(
    measure: str,
    segment: str,
    panel: Path | None,
    horizon: int,
    models: str | None,
    workers: int | None,
    no_cache: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show the stored forecast of a series, or forecast a panel of your own."""
    from core.commands import backtests, tables

    tables.check_horizon(horizon)
    tables.check_out(out)
    names = tables.model_names(models)
    if panel is None:
        table = tables.stored_forecast(measure, segment, horizon, names)
    else:
        how = backtests.How(workers, not no_cache)
        with progress_bar("Forecasting", enabled=not as_json) as tell:
            table, notes = backtests.panel_forecast(panel, horizon, names, how, tell)
        _say(notes)
    _show(table, out, as_json)


@click.command()
@click.option("--measure", multiple=True, default=["transactions"], show_default=True, help="May be repeated, or: all.")
@SEGMENT
@PANEL
@click.option("--horizon", default=28, show_default=True, help="Days ahead, 1 to 365.")
@click.option("--folds", default=8, show_default=True, help="How many origins.")
@click.option("--step", default=28, show_default=True, help="Days between two origins.")
@click.option("--last-origin", type=DAY, help="The last day that the last fold knows; default: as late as possible.")
@click.option("--models", help="Names with commas between; default: all.")
@click.option("--window", type=click.IntRange(min=1), help="Models see only so many days before each origin.")
@click.option("--refit-every", type=click.IntRange(min=1), help="Folds between two estimations, for models that can.")
@click.option("--audit", is_flag=True, help="Prove that nothing after an origin is used; exit code 1 if it is.")
@WORKERS
@NO_CACHE
@OUT
@json_option
def backtest(
    measure: tuple[str, ...],
    segment: str,
    panel: Path | None,
    horizon: int,
    folds: int,
    step: int,
    last_origin: dt.datetime | None,
    models: str | None,
    window: int | None,
    refit_every: int | None,
    audit: bool,
    workers: int | None,
    no_cache: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Forecast from past days and compare with what came: series of the data, or a panel of your own."""
    from core.commands import backtests, boards, tables

    tables.check_horizon(horizon)
    tables.check_out(out)
    plan = backtests.Plan(
        horizon, folds, step, None if last_origin is None else last_origin.date(), window, refit_every
    )
    how = backtests.How(workers, not no_cache, audit)
    names = tables.model_names(models) or tables.all_models()
    with progress_bar("Forecasting", enabled=not as_json) as tell:
        if panel is None:
            outcome = backtests.own_backtest(measure, segment, plan, names, how, tell)
        else:
            outcome = backtests.panel_backtest(panel, plan, names, how, tell)
    _say(outcome.notes)
    table = tables.long_form(outcome.table, tables.BACKTEST_OUT)
    if outcome.certificate is not None:
        _certify(outcome.certificate, table, out, as_json)
        return
    if out is not None or as_json:
        _show(table, out, as_json, seconds=outcome.seconds)
    if not as_json:
        click.echo(boards.board_text(outcome.table, outcome.seconds))


def _say(notes: list[str]) -> None:
    for note in notes:
        say(f"Note: {note}", err=True)


def _certify(certificate: dict[str, Any], table: pd.DataFrame, out: Path | None, as_json: bool) -> None:
    """Prints the certificate of a leak audit and writes it beside the table; exit code 1 if a leak was found."""
    from core.commands import tables

    if out is not None:
        tables.write(table, out)
        tables.write_json(certificate, out.with_name(f"{out.name}.audit.json"))
    if as_json:
        print_json(certificate)
    else:
        for name, one in certificate["models"].items():
            told = f"LEAK: {one['difference']}" if one["difference"] else "no leak"
            click.echo(f"{name:16}{one['forecasts']:>10,} forecasts of {one['folds']} folds compared  {told}")
    if not certificate["passed"]:
        raise SystemExit(1)


def _show(table: pd.DataFrame, out: Path | None, as_json: bool, **more: Any) -> None:
    from core.commands import tables

    if out is not None:
        tables.write(table, out)
    if as_json:
        print_json({"rows": len(table), "out": str(out), **more} if out is not None else tables.records(table))
    elif out is None:
        click.echo(table.to_string(index=False))
    else:
        click.echo(f"{len(table):,} rows in {out}", err=True)
