"""Forecast, the tabs: scenarios beside the forecast, how the forecast of a day changed, and what drives it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import dash
from dash import ClientsideFunction, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.chosen import Chosen, chosen
from callbacks.forecast import level_of, model_of
from callbacks.forecast_scenarios import comparison, notes_of
from callbacks.services import theme, words
from components import ids
from components.views import forecast_made as made_view
from components.views import forecast_whatif as whatif_view
from components.views import forecast_why as why_view
from core.lifecycle.drivers import drivers_of, explained
from core.lifecycle.serving import forecast_table
from core.monitoring.revisions import revisions

if TYPE_CHECKING:
    from core.series.panel import Series

TABS = ("whatif", "made", "why")


def draw(
    tab: str | None,
    ready: str | None,
    measure: str | None,
    segment: str | None,
    horizon: int | None,
    model: str | None,
    level: str | None,
    texts: list[str] | None,
    day: str | None,
    _: str | None,
) -> tuple[Any, Any, Any]:
    """What is shown of the tab chosen; the others stay as they are."""
    found = chosen(ready)
    if not horizon:
        raise PreventUpdate
    series = found.series(measure, segment)
    name = model_of(found, series, model)
    if tab == "made":
        return no_update, draw_made(found, series, when(found, series, day)), no_update
    if tab == "why":
        return no_update, no_update, draw_why(found, series, name, horizon, day)
    return draw_whatif(found, series, name, horizon, level_of(level), texts), no_update, no_update


def draw_whatif(found: Chosen, series: Series, model: str, horizon: int, level: int, texts: list[str] | None) -> Any:
    t = words()
    rows, outcomes = comparison(t, found, series, model, horizon, level, texts)
    return whatif_view.compared(t, theme(), rows, notes_of(t, outcomes), series.measure, model, level)


def draw_made(found: Chosen, series: Series, day: dt.date) -> Any:
    seen = revisions(found.services.engine, found.version, found.panel, series, day)
    tested = found.version.backtest()["horizon"]
    reach = int(tested.max()) if len(tested) else len(forecast_table(found.version, series))
    return made_view.made(words(), theme(), seen, day, series.measure, reach)


def draw_why(found: Chosen, series: Series, model: str, horizon: int, day: str | None) -> Any:
    told = explained(found.version, series, model, horizon, date_of(day))
    return why_view.why(words(), theme(), told, drivers_of(found.version, series) is not None, series.measure)


def date_of(text: str | None) -> dt.date | None:
    """A day of the field; None for one that is not finished."""
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def when(found: Chosen, series: Series, day: str | None) -> dt.date:
    """The day asked for, or the first open one ahead."""
    table = forecast_table(found.version, series)
    first = table["date"].iloc[int(table["open"].to_numpy(bool).argmax())].date()
    return date_of(day) or first


def limits(ready: str | None, first: str | None, last: str | None) -> tuple[Any, ...]:
    """The days that changes can be about, with the first of them to begin with; and those that were ever forecast."""
    found = chosen(ready)
    one, end = (found.version.origin + dt.timedelta(days=days) for days in (1, len(forecast_days(found))))
    begin, until = one.isoformat(), end.isoformat()
    return begin, until, first or begin, begin, until, last or begin, found.panel.first_day.isoformat(), until


def forecast_days(found: Chosen) -> range:
    return range(len(forecast_table(found.version, found.series(None, None))))


def register(app: dash.Dash) -> None:
    here = ids.Forecast
    names = (here.MEASURE, here.SEGMENT, here.HORIZON, here.MODEL, here.LEVEL)
    app.callback(
        Output(here.COMPARED, "children"),
        Output(here.MADE, "children"),
        Output(here.WHY, "children"),
        Input(here.TAB, "data"),
        Input(ids.READY, "data"),
        *(Input(name, "value") for name in names),
        Input(here.SCENARIOS, "data"),
        Input(here.DAY, "value"),
        Input(ids.THEME, "data"),
    )(draw)
    fields = [(here.FIRST, "min"), (here.FIRST, "max"), (here.FIRST, "value")]
    fields += [(here.LAST, "min"), (here.LAST, "max"), (here.LAST, "value"), (here.DAY, "min"), (here.DAY, "max")]
    app.callback(
        *(Output(*field) for field in fields),
        Input(ids.READY, "data"),
        State(here.FIRST, "value"),
        State(here.LAST, "value"),
    )(limits)
    app.clientside_callback(
        ClientsideFunction("tidemark", "tabInSight"), Input(here.TAB, "data"), Input(ids.forecast_tab(TABS[0]), "id")
    )
    app.clientside_callback(
        ClientsideFunction("tidemark", "forecastTab"),
        Output(here.TAB, "data"),
        *(Output(ids.forecast_panel(tab), "hidden") for tab in TABS),
        Output(here.DAY_BOX, "hidden"),
        *(Input(ids.forecast_tab(tab), "n_clicks") for tab in TABS),
        State(here.TAB, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("tidemark", "forecastDay"),
        Output(here.DAY, "value"),
        Input(ids.graph("fan"), "clickData"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("tidemark", "whatifFields"),
        Output(here.NAME_BOX, "hidden"),
        Output(here.PERCENT_BOX, "hidden"),
        Input(here.INTO, "value"),
        Input(here.KIND, "value"),
    )
