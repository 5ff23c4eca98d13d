"""``python -m core``: assembles the commands; each imports what it needs when it runs."""

from __future__ import annotations

import click

import core
from core.commands.alerts import alerts
from core.commands.data import prepare, sample
from core.commands.jobs import jobs
from core.commands.keys import keys, predictions
from core.commands.loads import loads
from core.commands.merge import merge
from core.commands.models import backtest, bootstrap, forecast, train
from core.commands.monitor import monitor
from core.commands.output import Commands
from core.commands.power import power
from core.commands.replay import replay
from core.commands.users import users
from core.commands.versions import schedule, versions


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(core.__version__, prog_name="tidemark")
def main() -> None:
    """Tidemark: forecasts of daily transaction volumes, and the watch over them."""


for one in (
    sample,
    prepare,
    loads,
    merge,
    bootstrap,
    train,
    forecast,
    backtest,
    monitor,
    alerts,
    power,
    replay,
    versions,
    jobs,
    schedule,
    keys,
    users,
    predictions,
):
    main.add_command(one)
