"""The command ``power``: which changes the monitoring would find in these data, and how soon."""

from __future__ import annotations

import click

from core.commands.output import json_option, print_json, progress_bar

KINDS = ("level", "trend", "variance", "weekday", "mix", "missing_days", "duplicates", "returns", "currency")


@click.command()
@click.option("--kind", type=click.Choice(KINDS), default="level", show_default=True, help="What changes.")
@click.option("--size", "sizes", type=float, multiple=True, help="By how much, 0.3 is 30 %; may be repeated.")
@json_option
def power(kind: str, sizes: tuple[float, ...], as_json: bool) -> None:
    """Put a known change into the past and see whether, and after how many days, it would have been found."""
    from core.config import Config
    from core.lifecycle.registry import Registry
    from core.monitoring.history import watched_of
    from core.monitoring.monitor_job import data_of, rules_of
    from core.monitoring.power import WATCH_DAYS, read_request
    from core.monitoring.power import power as curves

    config = Config.from_env()
    known, asked = read_request({"kind": kind, "sizes": sizes})
    watched = watched_of(data_of(config), Registry(config).champion(), config.holidays_country)
    with progress_bar("Looking", enabled=not as_json) as tell:
        found = curves(watched, known, asked, rules_of(config), tell)
    if as_json:
        print_json([one.to_json() for one in found])
        return
    click.echo(f"{'change':14}{'size':>7}{'found':>8}{'median days':>13}  days by start")
    for one in found:
        middle = "–" if one.median is None else f"{one.median:g}"
        days = ", ".join("–" if day is None else str(day) for day in one.days)
        click.echo(f"{one.kind:14}{one.size:>7g}{one.share:>8.0%}{middle:>13}  {days}")
    starts = ", ".join(map(str, found[0].starts))
    click.echo(
        f"\nfound: share of the starts from which an alert came within {WATCH_DAYS} days; median days: half of the "
        f"starts took no longer.\nThe first day of the change counts as 1, – is none. days by start: begun on {starts}."
    )
