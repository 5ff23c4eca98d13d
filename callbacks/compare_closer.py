"""Compare: where the errors are, one model closely, and what the models cost."""

from __future__ import annotations

from typing import Any

import dash
import pandas as pd
from dash import Input, Output, State, html, no_update

from callbacks.compare_tested import on_tab, tested
from callbacks.services import theme, words
from components import ids, states
from components.views.compare_cost import cost_card, cost_chart
from components.views.compare_cover import LEVELS, cover_chart
from components.views.compare_cover_by import cover_by_chart
from components.views.compare_errors import by_chart
from components.views.compare_fold import fold_card
from components.views.compare_residuals import residual_charts

HISTORY_DAYS = 56
"""Days shown before the forecast of a fold."""


def draw_by(
    ready: str | None,
    measure: str | None,
    segment: str | None,
    models: list[str] | None,
    dimension: str | None,
    _: str | None,
) -> Any:
    """Errors by the dimension picked."""
    one, t = tested(ready, measure, segment), words()
    shown = one.shown(models)
    if not shown or not dimension:
        return states.nothing(t, t("compare.models.none"))
    return by_chart(t, theme(), one.errors(dimension), dimension, shown, one.main(shown), one.found.segments)


def draw_cover(
    ready: str | None, measure: str | None, segment: str | None, models: list[str] | None, _: str | None
) -> Any:
    """What the intervals promise and keep."""
    one, t = tested(ready, measure, segment), words()
    shown = one.shown(models)
    if not shown:
        return states.nothing(t, t("compare.models.none"))
    return cover_chart(t, theme(), one.cover, shown, one.main(shown))


def draw_cover_by(
    ready: str | None,
    measure: str | None,
    segment: str | None,
    models: list[str] | None,
    level: str | None,
    _: str | None,
) -> Any:
    """The same by week ahead, for one level."""
    one, t = tested(ready, measure, segment), words()
    shown = one.shown(models)
    if not shown:
        return states.nothing(t, t("compare.models.none"))
    wanted = int(level) if level in {str(each) for each in LEVELS} else LEVELS[0]
    return cover_by_chart(t, theme(), one.errors("week"), shown, one.main(shown), wanted)


def draw_fold(
    ready: str | None,
    measure: str | None,
    segment: str | None,
    models: list[str] | None,
    fold: str | None,
    model: str | None,
    _: str | None,
) -> Any:
    """One test period; models that are ticked are drawn beside the one picked."""
    one, t = tested(ready, measure, segment), words()
    if one.rows.empty:
        return None
    shown = one.shown(models)
    if not shown:
        return states.nothing(t, t("compare.models.none"))
    if fold not in one.folds:
        return no_update
    day, main = pd.Timestamp(fold), model if model in shown else one.main(shown)
    part, scores = one.rows[one.rows["cutoff"] == day], one.errors("fold")
    before = one.found.panel.until(day.date())
    history = pd.DataFrame({"date": before.days, "value": before[one.series]}).tail(HISTORY_DAYS)
    history["open"] = one.found.version.calendar().is_open(before.days[-HISTORY_DAYS:])
    return fold_card(
        t,
        theme(),
        measure=one.series.measure,
        fold=fold,
        model=main,
        history=history,
        forecasts={name: part[part["model"] == name] for name in shown},
        scores=scores[(scores["model"] == main) & (scores["fold"] == day)].iloc[0],
    )


def draw_residuals(
    ready: str | None,
    measure: str | None,
    segment: str | None,
    models: list[str] | None,
    model: str | None,
    _: str | None,
) -> Any:
    """What the forecasts of the model picked have left over, over all test periods."""
    one, t = tested(ready, measure, segment), words()
    shown = one.shown(models)
    if not shown:
        return None
    main = model if model in shown else one.main(shown)
    return residual_charts(t, theme(), main, one.series.measure, *one.residuals(main))


def draw_cost(ready: str | None, measure: str | None, segment: str | None, _: str | None) -> Any:
    one, t = tested(ready, measure, segment), words()
    if one.rows.empty:
        return None
    manifest = one.found.version.manifest
    notes, series = manifest["models"], len(manifest["best"])
    card = cost_card(t, notes, one.models, series, len(manifest.get("folds") or one.folds))
    return html.Div([card, cost_chart(t, theme(), notes, one.board)], className="tm-area")


def fill_model(
    ready: str | None, measure: str | None, segment: str | None, models: list[str] | None, model: str | None
) -> tuple[list[dict[str, str]], Any]:
    """Models whose forecast of a test period can be shown: those that are ticked."""
    one, t = tested(ready, measure, segment), words()
    shown = one.shown(models)
    options = [{"label": t.model(name), "value": name} for name in shown]
    return options, no_update if model in shown else (one.main(shown) if shown else "")


def register(app: dash.Dash) -> None:
    here = ids.Compare
    series = [Input(here.SOURCE, "data"), Input(here.MEASURE, "value"), Input(here.SEGMENT, "value")]
    models, theme_now, tab = Input(here.MODELS, "value"), Input(ids.THEME, "data"), Input(here.TAB, "data")
    model = Input(here.MODEL, "value")
    for name, target, drawing, more in (
        ("errors", here.BY_BODY, draw_by, [models, Input(here.BY, "value")]),
        ("errors", here.COVER, draw_cover, [models]),
        ("errors", here.COVER_BY, draw_cover_by, [models, Input(here.LEVEL, "value")]),
        ("model", here.FOLD_BODY, draw_fold, [models, Input(here.FOLD, "value"), model]),
        ("model", here.RESIDUALS, draw_residuals, [models, model]),
        ("cost", here.COST, draw_cost, []),
    ):
        app.callback(Output(target, "children"), tab, *series, *more, theme_now)(on_tab(name, drawing))
    app.callback(
        Output(here.MODEL, "options"), Output(here.MODEL, "value"), *series, models, State(here.MODEL, "value")
    )(fill_model)
