"""The command ``monitor``: do the last days behave like before?"""

from __future__ import annotations

import datetime as dt

import click

from core.commands.output import DAY, json_option, print_json


@click.command()
@click.option("--days", default=30, show_default=True, help="Length of the window that is looked at, in days.")
@click.option("--reference", nargs=2, type=DAY, help="First and last day to compare with; default: the year before.")
@json_option
def monitor(days: int, reference: tuple[dt.datetime, dt.datetime] | None, as_json: bool) -> None:
    """Compare the last days with a reference: PSI and KS of days and of lines."""
    from dataclasses import asdict

    from core.config import Config
    from core.errors import NotReadyError
    from core.monitoring.drift import drift_report
    from core.transactions.store import Store

    config = Config.from_env()
    generation = Store(config.store_dir).current()
    if generation is None:
        raise NotReadyError("There are no data yet; load some with: python -m core prepare FILE.")
    chosen = (reference[0].date(), reference[1].date()) if reference else None
    report = drift_report(generation, days, chosen, holidays=config.holidays_country)
    if as_json:
        print_json({"verdict": report.verdict, **asdict(report)})
        return
    click.echo(f"{report.current[0]} to {report.current[1]} against {report.reference[0]} to {report.reference[1]}\n")
    click.echo(f"{'':6}{'feature':14}{'PSI':>8}{'chance':>9}{'KS':>8}{'p':>10}{'n':>9}  verdict")
    for one in report.features:
        chance, p = _number(one.psi_limit, ".3f", 9), _number(one.ks_p, ".1e", 10)
        numbers = f"{_number(one.psi, '.3f', 8)}{chance}{_number(one.ks, '.3f', 8)}{p}{one.n_cur:>9,}"
        click.echo(f"{one.level:6}{one.feature:14}{numbers}  {one.verdict}")


def _number(value: float | None, form: str, width: int) -> str:
    return ("–" if value is None else format(value, form)).rjust(width)
