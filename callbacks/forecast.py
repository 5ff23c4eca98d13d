"""Forecast: reads the stored forecast of the series, horizon and model chosen: chart, total, table, requests."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import dash
import numpy as np
import pandas as pd
from dash import ClientsideFunction, Input, Output, State, no_update
from dash.exceptions import PreventUpdate
from flask import request

from callbacks.access import person
from callbacks.chosen import Chosen, chosen
from callbacks.segments import register_measures, register_segments
from callbacks.services import services, theme, words
from components import ids
from components.views import forecast as view
from core.access.keys import Keys
from core.lifecycle import headline
from core.lifecycle.serving import forecast_table
from core.lifecycle.totals import kept_promise, period_total

if TYPE_CHECKING:
    from core.series.panel import Series, Values

BEST = "best"
"""In place of the name of a model: the best of the series."""
LEAST_HISTORY, MOST_HISTORY = 56, 182
"""Days of history before the forecast: twice the horizon within these bounds."""


def model_of(found: Chosen, series: Series, model: str | None) -> str:
    """The model asked for, or the best of the series where there is none of that name."""
    return model if model in found.version.models else found.version.best(series)


def level_of(level: str | None) -> int:
    return 95 if level == "95" else 80


def last_year(found: Chosen, series: Series, table: pd.DataFrame) -> Values:
    """What came on the same weekdays a year (364 days) before, NaN where closed or not known; shape (days,)."""
    until = found.panel.until(found.version.origin)
    days = table["date"].to_numpy().astype("datetime64[D]") - headline.YEAR
    place = (days - until.days[0]).astype(np.int64)
    there = (place >= 0) & (place < until.n_days)
    there[there] = found.version.calendar().is_open(days[there])
    return np.where(there, until[series][np.where(there, place, 0)], np.nan)


def draw(
    ready: str | None,
    measure: str | None,
    segment: str | None,
    horizon: int | None,
    model: str | None,
    level: str | None,
    _: str | None,
) -> Any:
    """Total, chart, sentence and table."""
    found = chosen(ready)
    if not horizon:
        raise PreventUpdate  # an unfinished number in the field
    series = found.series(measure, segment)
    name = model_of(found, series, model)
    until = found.panel.until(found.version.origin)
    table = forecast_table(found.version, series, name)
    shown = min(max(2 * horizon, LEAST_HISTORY), MOST_HISTORY, until.n_days)
    history = pd.DataFrame({"date": until.days[-shown:], "value": until[series][-shown:]})
    history["open"] = found.version.calendar().is_open(until.days[-shown:])
    return view.content(
        words(),
        theme(),
        measure=series.measure,
        segment=series.segment,
        model=name,
        history=history,
        forecast=table.head(horizon),
        outlook=headline.outlook(table, until.days, until[series], horizon),
        error=headline.typical_error(found.backtest(series, name), horizon),
        level=level_of(level),
        interval=period_total(found.version, series, horizon, name)[level_of(level)],
        kept=kept_promise(found.version, series, horizon, name),
        last_year=last_year(found, series, table.head(horizon)),
    )


def fill_models(ready: str | None, model: str | None) -> tuple[Any, Any]:
    """The models there are; one that does not exist becomes the best of the series."""
    t, known = words(), chosen(ready).version.models
    options = [
        {"label": t("forecast.model.best"), "value": BEST},
        *({"label": t.model(one), "value": one} for one in known),
    ]
    return options, no_update if model in (BEST, *known) else BEST


def requests(
    ready: str | None,
    measure: str | None,
    segment: str | None,
    horizon: int | None,
    model: str | None,
    level: str | None,
) -> tuple[str, str]:
    """The same forecast over HTTP: ready to paste into a shell, and into a Python program."""
    found = chosen(ready)
    series = found.series(measure, segment)
    if not horizon:
        raise PreventUpdate
    body: dict[str, Any] = {"horizon": horizon, "measure": series.measure, "segment": series.segment}
    body |= {"model": model} if model in found.version.models else {}
    body |= {"levels": [95]} if level_of(level) == 95 else {}
    address = f"{services().settings.core.outlets.public_url or request.host_url.rstrip('/')}/predict"
    closed = person() is not None or Keys(services().engine).any()  # where people sign in, programs need a key too
    return curl(address, body, closed), python(address, body, level_of(level), closed)


def curl(address: str, body: dict[str, Any], closed: bool) -> str:
    heads = ["-H 'Content-Type: application/json'", *(['-H "Authorization: Bearer $KEY"'] if closed else [])]
    return " \\\n  ".join([f"curl {address}", *heads, f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"])


def python(address: str, body: dict[str, Any], level: int, closed: bool) -> str:
    """With the standard library alone."""
    key = ', "Authorization": f"Bearer {os.environ[\'KEY\']}"' if closed else ""
    modules = "import json\nimport os\n" if closed else "import json\n"
    return (
        f"{modules}from urllib.request import Request, urlopen\n\n"
        f"body = json.dumps({body!r}).encode()\n"
        f'heads = {{"Content-Type": "application/json"{key}}}\n'
        f'with urlopen(Request("{address}", body, heads)) as answer:\n'
        '    for day in json.load(answer)["predictions"]:\n'
        f'        print(day["date"], day["value"], day["intervals"]["{level}"])\n'
    )


def register(app: dash.Dash) -> None:
    here = ids.Forecast
    ready, model, level = Input(ids.READY, "data"), Input(here.MODEL, "value"), Input(here.LEVEL, "value")
    series = [Input(here.MEASURE, "value"), Input(here.SEGMENT, "value"), Input(here.HORIZON, "value")]
    app.callback(Output(here.BODY, "children"), ready, *series, model, level, Input(ids.THEME, "data"))(draw)
    app.callback(Output(here.CURL, "children"), Output(here.PYTHON, "children"), ready, *series, model, level)(requests)
    app.callback(
        Output(here.MODEL, "options"), Output(here.MODEL, "value"), ready, State(here.MODEL, "value")
    )(fill_models)  # fmt: skip
    register_measures(app, here.MEASURE)
    register_segments(app, here.SEGMENT)
    app.clientside_callback(
        ClientsideFunction("tidemark", "horizon"),
        Output(here.HORIZON, "value"),
        Output(here.PRESET, "value"),
        Input(here.PRESET, "value"),
        Input(here.HORIZON, "value"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("tidemark", "forecastUrl"),
        *series,
        model,
        level,
        Input(here.TAB, "data"),
        Input(here.DAY, "value"),
        Input(here.SCENARIOS, "data"),
    )
