"""Compare: reads the champion's backtest of the series chosen."""

from __future__ import annotations

from typing import Any

import dash
import pandas as pd
from dash import ClientsideFunction, Input, Output, State, no_update

from callbacks.chosen import chosen
from callbacks.segments import register_measures, register_segments
from callbacks.services import theme, words
from components import ids, states
from components.views import compare as view
from core.evaluation.leaderboard import leaderboard
from core.lifecycle import headline

HISTORY_DAYS = 56
"""Days shown before the forecast of a fold."""


def folds_of(rows: pd.DataFrame) -> list[str]:
    """Origins as ISO dates, the latest first."""
    return [day.date().isoformat() for day in sorted(rows["cutoff"].unique(), reverse=True)]


def draw(ready: str | None, measure: str | None, segment: str | None, _: str | None) -> Any:
    found, t = chosen(ready), words()
    series = found.series(measure, segment)
    rows = found.backtest(series)
    if rows.empty:
        return states.nothing(t, t("compare.none"))
    board = leaderboard(rows)
    return view.content(
        t,
        theme(),
        measure=series.measure,
        segment=series.segment,
        board=board,
        lead=headline.lead(board),
        chosen=found.version.best(series),
        errors=headline.fold_errors(rows),
        horizon=int(rows["horizon"].max()),
    )


def fill_folds(
    ready: str | None, measure: str | None, segment: str | None, fold: str | None
) -> tuple[list[dict[str, str]], Any]:
    found, t = chosen(ready), words()
    folds = folds_of(found.backtest(found.series(measure, segment)))
    options = [{"label": t("compare.fold.option", date=t.date(day, "long")), "value": day} for day in folds]
    return options, no_update if fold in folds else (folds[0] if folds else "")


def draw_fold(ready: str | None, measure: str | None, segment: str | None, fold: str | None, _: str | None) -> Any:
    found, t = chosen(ready), words()
    series = found.series(measure, segment)
    rows = found.backtest(series)
    if fold not in folds_of(rows):
        return states.nothing(t, t("compare.none")) if rows.empty else no_update
    part = rows[rows["cutoff"] == pd.Timestamp(fold)]
    before = found.panel.until(pd.Timestamp(fold).date())
    history = pd.DataFrame({"date": before.days, "value": before[series]}).tail(HISTORY_DAYS)
    history["open"] = found.version.calendar().is_open(before.days[-HISTORY_DAYS:])
    return view.fold_card(
        t,
        theme(),
        measure=series.measure,
        fold=fold,
        model=found.version.best(series),
        history=history,
        forecasts={model: part[part["model"] == model] for model in part["model"].unique()},
        board=leaderboard(part),
    )


def register(app: dash.Dash) -> None:
    here = ids.Compare
    ready, theme_now = Input(ids.READY, "data"), Input(ids.THEME, "data")
    measure, segment, fold = Input(here.MEASURE, "value"), Input(here.SEGMENT, "value"), Input(here.FOLD, "value")
    app.callback(Output(here.BODY, "children"), ready, measure, segment, theme_now)(draw)
    app.callback(
        Output(here.FOLD, "options"), Output(here.FOLD, "value"), ready, measure, segment, State(here.FOLD, "value")
    )(fill_folds)
    app.callback(Output(here.FOLD_BODY, "children"), ready, measure, segment, fold, theme_now)(draw_fold)
    register_measures(app, here.MEASURE)
    register_segments(app, here.SEGMENT)
    app.clientside_callback(ClientsideFunction("tidemark", "compareUrl"), measure, segment, fold)
