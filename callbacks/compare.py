"""Compare: reads the champion's backtest of the series chosen; every derived frame is made once a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dash
import pandas as pd
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, dcc, html, no_update

from callbacks.chosen import Chosen, chosen
from callbacks.segments import register_measures, register_segments
from callbacks.services import theme, words
from components import ids, states
from components.views import compare as view
from components.views import compare_board as board_view
from components.views import compare_models as models_view
from components.views.compare_cover import cover_chart
from components.views.compare_errors import by_chart, fold_chart
from components.views.compare_fold import fold_card
from components.views.compare_pairs import pairs_card
from core.evaluation.breakdown import by
from core.evaluation.intervals import realised_coverage
from core.evaluation.leaderboard import leaderboard
from core.evaluation.significance import pairwise
from core.lifecycle import headline
from core.series.panel import Series

HISTORY_DAYS = 56
"""Days shown before the forecast of a fold."""


@dataclass(frozen=True, slots=True)
class Tested:
    """The backtest of one series, and what is derived from it."""

    found: Chosen
    series: Series

    @property
    def rows(self) -> pd.DataFrame:
        return self.found.backtest(self.series)

    @property
    def models(self) -> list[str]:
        return [str(model) for model in self.rows["model"].unique()]

    @property
    def in_use(self) -> str:
        return self.found.version.best(self.series)

    @property
    def folds(self) -> list[str]:
        """Origins as ISO dates, the latest first."""
        return [day.date().isoformat() for day in sorted(self.rows["cutoff"].unique(), reverse=True)]

    @property
    def board(self) -> pd.DataFrame:
        return self.found.version.keep(("leaderboard", self.series), lambda: leaderboard(self.rows, self._seconds()))

    @property
    def pairs(self) -> pd.DataFrame:
        return self.found.version.keep(("pairwise", self.series), lambda: pairwise(self.rows))

    @property
    def cover(self) -> pd.DataFrame:
        return self.found.version.keep(("coverage", self.series), lambda: realised_coverage(self.rows))

    def errors(self, dimension: Any) -> pd.DataFrame:
        """Scores by a dimension; by segment those of all segments of the measure."""
        key = self.series.measure if dimension == "segment" else self.series
        return self.found.version.keep(("errors by", dimension, key), lambda: by(self._rows_for(dimension), dimension))

    def shown(self, models: Sequence[str] | None) -> list[str]:
        """Those of ``models`` that there are, in the order of the backtest."""
        return [model for model in self.models if model in (models or ())]

    def main(self, models: Sequence[str]) -> str:
        """What sentences are about: the model in use if it is shown, else the first that is."""
        return self.in_use if self.in_use in models else models[0]

    def _rows_for(self, dimension: str) -> pd.DataFrame:
        if dimension != "segment":
            return self.rows
        rows = self.found.version.backtest()
        return rows[rows["measure"] == self.series.measure]

    def _seconds(self) -> dict[str, float]:
        notes = self.found.version.manifest["models"].items()
        return {name: float(note["backtest_seconds"]) for name, note in notes if note.get("backtest_seconds")}


def tested(ready: str | None, measure: str | None, segment: str | None) -> Tested:
    found = chosen(ready)
    return Tested(found, found.series(measure, segment))


def draw(ready: str | None, measure: str | None, segment: str | None) -> tuple[Any, bool]:
    """The headline and the audit; whether the rest is hidden."""
    one, t = tested(ready, measure, segment), words()
    if one.rows.empty:
        return states.nothing(t, t("compare.none")), True
    lead = headline.lead(one.board)
    audit = one.found.version.manifest.get("audit")
    sentence = view.headline(t, lead, one.series.measure, one.series.segment, len(one.folds))
    return [sentence, view.audit_line(t, audit)], False


def draw_board(ready: str | None, measure: str | None, segment: str | None, sort: str | None) -> Any:
    one, t = tested(ready, measure, segment), words()
    if one.rows.empty:
        return None
    horizon = int(one.rows["horizon"].max())
    subtitle = view.board_subtitle(t, one.series.measure, one.series.segment, len(one.folds), horizon)
    return html.Div([subtitle, *board_view.leaderboard(t, one.board, one.in_use, sort, one.series.measure)])


def draw_charts(
    ready: str | None, measure: str | None, segment: str | None, models: list[str] | None, _: str | None
) -> Any:
    """Errors by test period and coverage, side by side; the leader against the others below."""
    one, t = tested(ready, measure, segment), words()
    if one.rows.empty:
        return None
    shown = one.shown(models)
    pairs = pairs_card(t, one.board, one.pairs, one.series.measure, len(one.folds))
    if not shown:
        return [states.nothing(t, t("compare.models.none")), pairs]
    charts = [
        fold_chart(t, theme(), one.errors("fold"), shown),
        cover_chart(t, theme(), one.cover, shown, one.main(shown)),
    ]
    return [html.Div(charts, className="tm-two"), pairs]


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


def fill(
    ready: str | None,
    measure: str | None,
    segment: str | None,
    models: list[str] | None,
    fold: str | None,
    usual: dict[str, Any] | None,
) -> tuple[Any, ...]:
    """What there is to tick and to pick; a choice stays where it can, what nobody chose follows the series."""
    one, t = tested(ready, measure, segment), words()
    standard = models_view.usual(one.models, one.in_use)
    shown = one.shown(models)
    untouched = not shown or (usual is not None and set(shown) == set(usual["models"]))
    folds = one.folds
    options = [{"label": t("compare.fold.option", date=t.date(day, "long")), "value": day} for day in folds]
    latest = folds[0] if folds else ""
    return (
        models_view.options(t, one.models),
        standard if untouched else shown,
        options,
        no_update if fold in folds else latest,
        {"all": one.models, "models": standard, "fold": latest, "model": one.in_use},
    )


def fill_model(
    ready: str | None, measure: str | None, segment: str | None, models: list[str] | None, model: str | None
) -> tuple[list[dict[str, str]], Any]:
    """Models whose forecast of a test period can be shown: those that are ticked."""
    one, t = tested(ready, measure, segment), words()
    shown = one.shown(models)
    options = [{"label": t.model(name), "value": name} for name in shown]
    return options, no_update if model in shown else (one.main(shown) if shown else "")


def choose_sort(clicks: list[int | None], current: str | None) -> Any:
    """The heading clicked on."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    return board_view.next_sort(current, ctx.triggered_id["column"])


def download(clicks: int | None, ready: str | None, measure: str | None, segment: str | None, sort: str | None) -> Any:
    """The leaderboard as a CSV file, in the order shown."""
    if not clicks:
        return no_update
    one, t = tested(ready, measure, segment), words()
    version = one.found.version.id
    text = board_view.board_csv(board_view.ordered(t, one.board, sort), one.in_use, version)
    return dcc.send_string(text, board_view.csv_name(one.series.measure, one.series.segment, version))


def register(app: dash.Dash) -> None:
    here = ids.Compare
    series = [Input(ids.READY, "data"), Input(here.MEASURE, "value"), Input(here.SEGMENT, "value")]
    models, theme_now = Input(here.MODELS, "value"), Input(ids.THEME, "data")
    sort, dimension = Input(here.SORT, "data"), Input(here.BY, "value")
    fold, model = Input(here.FOLD, "value"), Input(here.MODEL, "value")
    app.callback(Output(here.BODY, "children"), Output(here.REST, "hidden"), *series)(draw)
    app.callback(Output(here.BOARD, "children"), *series, sort)(draw_board)
    app.callback(Output(here.CHARTS, "children"), *series, models, theme_now)(draw_charts)
    app.callback(Output(here.BY_BODY, "children"), *series, models, dimension, theme_now)(draw_by)
    app.callback(Output(here.FOLD_BODY, "children"), *series, models, fold, model, theme_now)(draw_fold)
    app.callback(
        Output(here.MODELS, "options"),
        Output(here.MODELS, "value"),
        Output(here.FOLD, "options"),
        Output(here.FOLD, "value"),
        Output(here.USUAL, "data"),
        *series,
        State(here.MODELS, "value"),
        State(here.FOLD, "value"),
        State(here.USUAL, "data"),
    )(fill)
    app.callback(
        Output(here.MODEL, "options"), Output(here.MODEL, "value"), *series, models, State(here.MODEL, "value")
    )(fill_model)
    app.callback(
        Output(here.SORT, "data"),
        Input(ids.sort_button(ALL), "n_clicks"),
        State(here.SORT, "data"),
        prevent_initial_call=True,
    )(choose_sort)
    app.callback(
        Output(here.DOWNLOAD, "data"),
        Input(here.CSV, "n_clicks"),
        *(State(one.component_id, one.component_property) for one in (*series, sort)),
        prevent_initial_call=True,
    )(download)
    register_measures(app, here.MEASURE)
    register_segments(app, here.SEGMENT)
    app.clientside_callback(ClientsideFunction("tidemark", "compareSorted"), Input(here.BOARD, "children"))
    app.clientside_callback(
        ClientsideFunction("tidemark", "compareUrl"),
        *series[1:],
        models,
        sort,
        dimension,
        fold,
        model,
        Input(here.USUAL, "data"),
    )
