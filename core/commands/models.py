"""The commands around models: ``bootstrap``, ``train``, ``forecast``, ``backtest``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.commands.output import json_option, person, print_json, progress_bar

if TYPE_CHECKING:
    import pandas as pd

    from core.lifecycle.version import Version

DAY = click.DateTime(formats=["%Y-%m-%d"])
OUT = click.option("--out", type=click.Path(path_type=Path), help="Write a table to this file (.csv or .parquet).")
MEASURE = click.option("--measure", default="transactions", show_default=True, help="What is forecast.")
SEGMENT = click.option("--segment", default="total", show_default=True, help="Of which part: total, country:France, …")
PANEL = click.option("--panel", type=click.Path(path_type=Path), help="A daily panel of your own: unique_id, ds, y, ….")


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
@json_option
def train(as_json: bool) -> None:
    """Train all models on the current data; the new version becomes the champion."""
    from core.config import Config
    from core.lifecycle.bootstrap import TRAIN, as_job
    from core.lifecycle.jobs import Jobs
    from core.lifecycle.training import train as run
    from core.state.engine import open_engine

    config = Config.from_env()
    jobs = Jobs(open_engine(config.database))

    def work(tell: object) -> tuple[Version, object]:
        version = run(config, tell, "manual", who=person())  # type: ignore[arg-type]
        return version, {"version": version.id}

    with progress_bar("Training", enabled=not as_json) as tell:
        version = as_job(jobs, TRAIN, person(), "manual", tell, work)
    if as_json:
        print_json({"version": version.id, **{key: version.manifest[key] for key in ("data", "models", "best")}})


@click.command()
@MEASURE
@SEGMENT
@PANEL
@click.option("--horizon", default=28, show_default=True, help="Days ahead, 1 to 365.")
@click.option("--models", help="Names with commas between; default: the best one.")
@OUT
@json_option
def forecast(
    measure: str, segment: str, panel: Path | None, horizon: int, models: str | None, out: Path | None, as_json: bool
) -> None:
    """Show the stored forecast of a series, or forecast a panel of your own."""
    from core.commands import tables

    tables.check_horizon(horizon)
    tables.check_out(out)
    names = tables.model_names(models)
    if panel is None:
        table = tables.stored_forecast(measure, segment, horizon, names)
    else:
        with progress_bar("Forecasting", enabled=not as_json) as tell:
            table = tables.panel_forecast(panel, horizon, names, tell)
    _show(table, out, as_json)


@click.command()
@MEASURE
@SEGMENT
@PANEL
@click.option("--horizon", default=28, show_default=True, help="Days ahead, 1 to 365.")
@click.option("--folds", default=8, show_default=True, help="How many origins.")
@click.option("--step", default=28, show_default=True, help="Days between two origins.")
@click.option("--last-origin", type=DAY, help="The last day that the last fold knows; default: as late as possible.")
@click.option("--models", help="Names with commas between; default: all.")
@OUT
@json_option
def backtest(
    measure: str,
    segment: str,
    panel: Path | None,
    horizon: int,
    folds: int,
    step: int,
    last_origin: dt.datetime | None,
    models: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Forecast from past days and compare with what came: a series of the data, or a panel of your own."""
    from core.commands import tables

    tables.check_horizon(horizon)
    tables.check_out(out)
    plan = tables.FoldPlan(horizon, folds, step, None if last_origin is None else last_origin.date())
    names = tables.model_names(models) or tables.all_models()
    with progress_bar("Forecasting", enabled=not as_json) as tell:
        if panel is None:
            table = tables.own_backtest(measure, segment, plan, names, tell)
        else:
            table = tables.panel_backtest(panel, plan, names, tell)
    if out is None and not as_json:
        click.echo(tables.score_lines(table))
        return
    _show(table.drop(columns=["open", "scale"]), out, as_json)


def _show(table: pd.DataFrame, out: Path | None, as_json: bool) -> None:
    from core.commands import tables

    if out is not None:
        tables.write(table, out)
    if as_json:
        print_json({"rows": len(table), "out": str(out)} if out is not None else tables.records(table))
    elif out is None:
        click.echo(table.to_string(index=False))
    else:
        click.echo(f"{len(table):,} rows in {out}", err=True)
