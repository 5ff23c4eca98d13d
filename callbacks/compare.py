"""Compare: who leads and whether that is real, the pickers, and the tab that ranks the models."""

from __future__ import annotations

from typing import Any

import dash
from dash import ALL, ClientsideFunction, Input, Output, State, dcc, html, no_update

from callbacks.compare_tested import on_tab, run_of, shown_of, tested
from callbacks.segments import Options
from callbacks.services import theme, words
from components import controls, ids, states
from components.views import compare as view
from components.views import compare_board as board_view
from components.views import compare_models as models_view
from components.views.compare_errors import fold_chart
from components.views.compare_matrix import matrix_card
from components.views.compare_pairs import pairs_card
from components.views.compare_panels import TABS
from components.views.compare_run import versus_card
from components.views.compare_why import why_card
from core.evaluation.shared_days import shared_errors
from core.lifecycle import headline


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


def draw_versus(ready: str | None, measure: str | None, segment: str | None) -> Any:
    """A kept backtest beside the version's own, on the days that both have."""
    one, t = tested(ready, measure, segment), words()
    if not run_of(ready) or one.found is one.own or one.rows.empty:
        return None
    theirs = one.own.backtest(one.series)
    other = one.found.version.manifest["data"]["fingerprint"] != one.own.version.manifest["data"].get("fingerprint")
    note = t("backtest.versus.other_data") if other else t("backtest.versus.note")
    return versus_card(t, shared_errors(one.rows, theirs), run_of(ready), one.own.version.id, note)


def draw_why(ready: str | None, measure: str | None, segment: str | None) -> Any:
    one, t = tested(ready, measure, segment), words()
    if one.rows.empty or len(one.board) < 2:
        return None
    return why_card(t, one.board, one.pairs, one.grounds, len(one.folds))


def draw_folds(
    ready: str | None, measure: str | None, segment: str | None, models: list[str] | None, _: str | None
) -> Any:
    """Errors by test period."""
    one, t = tested(ready, measure, segment), words()
    if one.rows.empty:
        return None
    shown = one.shown(models)
    if not shown:
        return states.nothing(t, t("compare.models.none"))
    return fold_chart(t, theme(), one.errors("fold"), shown)


def draw_pairs(ready: str | None, measure: str | None, segment: str | None) -> Any:
    """The leader against each other model, and all against all."""
    one, t = tested(ready, measure, segment), words()
    if one.rows.empty:
        return None
    leader = pairs_card(t, one.board, one.pairs, one.series.measure, len(one.folds))
    return [leader, matrix_card(t, one.board, one.pairs)]


def draw_ranking(ready: str | None, measure: str | None, segment: str | None, sort: str | None) -> tuple[Any, ...]:
    """All that the series alone decides, in one answer: every callback costs the browser some fifteen steps."""
    series = ready, measure, segment
    return draw_board(*series, sort), draw_versus(*series), draw_why(*series), draw_pairs(*series)


def fill_measures(source: str | None, value: str | None) -> Options:
    known = shown_of(source)[1].measures
    return controls.measure_options(words(), known), no_update if value in known else known[0]


def fill_segments(source: str | None, measure: str | None, value: str | None) -> Options:
    """Those of the measure: a backtest of one's own may have some of them only."""
    found = shown_of(source)[1]
    wanted = found.series(measure, None).measure
    known = [one.segment for one in found.known if one.measure == wanted] or found.segments
    return controls.segment_options(words(), known), no_update if value in known else known[0]


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
    untouched = not shown or (usual is not None and set(models or ()) == set(usual["models"]))
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
    source, measure, segment = Input(here.SOURCE, "data"), Input(here.MEASURE, "value"), Input(here.SEGMENT, "value")
    series, tab = [source, measure, segment], Input(here.TAB, "data")
    models, theme_now = Input(here.MODELS, "value"), Input(ids.THEME, "data")
    sort = State(here.SORT, "data")
    app.callback(Output(here.BODY, "children"), Output(here.REST, "hidden"), *series)(draw)
    for targets, drawing, more in (
        ((here.BOARD, here.VERSUS, here.WHY, here.PAIRS), draw_ranking, [sort]),
        ((here.FOLDS,), draw_folds, [models, theme_now]),
    ):
        outputs = [Output(target, "children") for target in targets]
        app.callback(*outputs, tab, *series, *more)(on_tab("ranking", drawing))
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
    app.callback(Output(here.MEASURE, "options"), Output(here.MEASURE, "value"), source, State(here.MEASURE, "value"))(
        fill_measures
    )
    app.callback(
        Output(here.SEGMENT, "options"), Output(here.SEGMENT, "value"), source, measure, State(here.SEGMENT, "value")
    )(fill_segments)
    app.callback(
        Output(here.DOWNLOAD, "data"),
        Input(here.CSV, "n_clicks"),
        *(State(one.component_id, one.component_property) for one in series),
        sort,
        prevent_initial_call=True,
    )(download)
    _register_browser(app)


def _register_browser(app: dash.Dash) -> None:
    """What needs no server: tabs, the order of the grid, the slider, the address."""
    here = ids.Compare

    def does(name: str) -> ClientsideFunction:
        return ClientsideFunction("tidemark", name)

    app.clientside_callback(
        does("compareTab"),
        Output(here.TAB, "data"),
        *(Input(ids.compare_tab(one), "n_clicks") for one in TABS),
        State(here.TAB, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        does("comparePanels"),
        *(Output(ids.compare_panel(one), "hidden") for one in TABS),
        Input(here.TAB, "data"),
    )
    app.clientside_callback(
        does("compareSorted"),
        Output(here.SORT, "data"),
        Input({"type": "grid", "name": ALL}, "columnState"),
        State(here.SORT, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        does("compareFold"),  # sets the test period itself: as an output that would be a circle
        Input(here.SLIDER, "value"),
        State(here.FOLD, "options"),
        State(here.FOLD, "value"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        does("compareSlider"),
        Output(here.SLIDER, "max"),
        Output(here.SLIDER, "value"),
        Input(here.FOLD, "value"),
        Input(here.FOLD, "options"),
    )
    values = (here.MEASURE, here.SEGMENT, here.MODELS)
    more = (here.BY, here.LEVEL, here.FOLD, here.MODEL)
    app.clientside_callback(
        does("compareUrl"),
        *(Input(one, "value") for one in values),
        Input(here.SORT, "data"),
        *(Input(one, "value") for one in more),
        Input(here.USUAL, "data"),
    )
    app.clientside_callback(does("compareTabUrl"), Input(here.TAB, "data"))
    app.clientside_callback(does("compareRunUrl"), Input(here.RUN, "value"))
