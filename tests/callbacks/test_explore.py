"""The Explore page: every tab for any view, against core, in both languages, safe with hostile names."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dash
import plotly.graph_objects as go
import pytest
from dash import no_update
from dash._callback_context import context_value
from dash._utils import AttributeDict

from app.pages import explore as page
from callbacks import explore, explore_tabs
from callbacks.chosen import chosen
from components import ids
from components.views.explore_panels import TABS
from core.exploration.ranking import ranking
from tests.callbacks.test_callbacks import parts, plain, text_of, text_tables

WHOLE = ("revenue", "total", None, None, "use")


def figures_of(content: Any) -> list[dict[str, Any]]:
    return [graph["props"]["figure"] for graph in parts(content, "Graph")]


def views(ready: str) -> list[tuple[Any, ...]]:
    found = chosen(ready)
    first, last = found.panel.first_day, found.panel.last_day
    day = first + dt.timedelta(days=40)
    return [
        WHOLE,
        ("transactions", found.segments[-1], None, None, "read"),
        ("orders", "total", (last - dt.timedelta(days=70)).isoformat(), last.isoformat(), "use"),
        ("customers", found.segments[1], first.isoformat(), day.isoformat(), "read"),
        ("units", "total", first.isoformat(), first.isoformat(), "use"),
    ]


def test_span_stays_in_the_data(ready: str) -> None:
    found = chosen(ready)
    first, last = found.panel.first_day, found.panel.last_day
    assert explore.span(found, None, None) == (first, last)
    assert explore.span(found, "1990-01-01", "2090-01-01") == (first, last)
    assert explore.span(found, last.isoformat(), first.isoformat()) == (first, last)
    assert explore.span(found, "2090-01-01", "2091-01-01") == (last, last)
    day = dt.timedelta(days=1)
    assert explore.span(found, (first + day).isoformat(), None) == (first + day, last)


@pytest.mark.parametrize(
    ("tab", "area", "draw"), explore_tabs.DRAWN, ids=lambda one: one if isinstance(one, str) else ""
)
def test_every_area_of_any_view(ready: str, tab: str, area: str, draw: Any) -> None:
    for view in views(ready):
        content = plain(draw(ready, *view, None, None))
        assert text_of(content)
        for figure in figures_of(content):
            go.Figure(figure)
            assert len(json.dumps(figure)) < 300_000


def test_boxes_of_any_view(ready: str) -> None:
    for by in ("weekday", "month", None):
        for view in views(ready):
            for figure in figures_of(plain(explore_tabs.draw_boxes(by, ready, *view, None))):
                go.Figure(figure)


def test_in_french_and_dark(app: dash.Dash, ready: str) -> None:
    with app.server.test_request_context("/", headers={"Cookie": "tidemark_lang=fr; tidemark_theme=dark"}):
        for _, _, draw in explore_tabs.DRAWN:
            content = plain(draw(ready, *WHOLE, None, None))
            for figure in figures_of(content):
                assert figure["layout"]["template"]["layout"]["font"]["color"] == "#e4e9ef"
        assert "Chiffre d’affaires" in text_of(plain(explore_tabs.draw_series(ready, *WHOLE, None, None)))
        assert "Étranges" in json.dumps(plain(explore_tabs.draw_columns(ready, *WHOLE)), ensure_ascii=False)


def test_series_says_the_total(ready: str) -> None:
    content = plain(explore_tabs.draw_series(ready, *WHOLE, None, None))
    values = chosen(ready).panel[chosen(ready).series("revenue", "total")]
    digits = 3 - (len(str(int(values.sum()))) - 1)
    assert f"{round(values.sum(), digits):,.0f} in revenue" in text_of(content[0])


def test_products_are_those_of_core(ready: str) -> None:
    content = plain(explore_tabs.draw_products(ready, *WHOLE))
    found = ranking(explore.explored(ready, *WHOLE).lines, "product")
    rows = text_tables(content)[0]["rows"]
    assert len(rows) == len(found.table) == min(50, found.count)
    assert [row[-1] for row in rows] == found.table["name"].tolist()
    assert [row[1] for row in rows] == [f"{value:,.0f}" for value in found.table["value"]]


def test_waterfall_is_the_manifest_s(ready: str) -> None:
    content = plain(explore_tabs.draw_cleaning(ready, None))
    manifest = chosen(ready).generation.manifest
    bars = figures_of(content)[0]["data"][0]
    dropped = [-count.dropped for count in manifest.waterfall if count.on]
    assert bars["x"] == [manifest.lines_in, *dropped, manifest.lines_out]
    assert manifest.lines_in + sum(dropped) == manifest.lines_out
    rows = parts(content, "Tbody")[0]["props"]["children"]
    assert len(rows) == len(manifest.waterfall)


@pytest.mark.parametrize("tab", [*TABS, None])
def test_files(ready: str, tab: str | None) -> None:
    assert explore.download(None, tab, ready, *WHOLE) is no_update
    for view in views(ready):
        sent = explore.download(1, tab, ready, *view)
        rows = list(csv.reader(io.StringIO(sent["content"])))
        assert len({len(row) for row in rows}) == 1
        assert sent["filename"].startswith(f"tidemark_{tab or 'series'}_{view[0]}_")
    if tab == "products":
        one = explore.explored(ready, *WHOLE).lines
        rows = list(csv.DictReader(io.StringIO(explore.download(1, tab, ready, *WHOLE)["content"])))
        assert len(rows) == ranking(one, "product").count
        assert sum(float(row["value"]) for row in rows) == pytest.approx(ranking(one, "product").total, rel=1e-4)


def test_lines_of_an_order(ready: str) -> None:
    line = chosen(ready).generation.query("SELECT day, invoice FROM lines ORDER BY time LIMIT 1").to_pylist()[0]
    button = {**ids.order_button(line["day"].isoformat(), line["invoice"])}
    context_value.set(AttributeDict(triggered_inputs=[{"prop_id": f"{json.dumps(button)}.n_clicks", "value": 1}]))
    content = plain(explore_tabs.show_order([1], ready, *WHOLE))
    assert line["invoice"] in text_of(content)
    lines = chosen(ready).generation.query("SELECT * FROM lines WHERE invoice = ?", [line["invoice"]])
    assert len(text_tables(content)[0]["rows"]) == len(lines)
    assert explore_tabs.show_order([None], ready, *WHOLE) is no_update


def test_the_address_chooses_the_tab_and_only_its_areas(app: dash.Dash, ready: str) -> None:
    for tab in TABS:
        context_value.set(AttributeDict(triggered_inputs=[]))
        content = json.dumps(plain(page.layout(tab=tab, measure="units", lines="read")))
        for other, area, _ in explore_tabs.DRAWN:
            assert (f'"{area}"' in content) == (other == tab)
    assert json.dumps(plain(explore.draw_panel("nonsense"))) == json.dumps(plain(explore.draw_panel("series")))


def test_statsmodels_stays_out_of_the_workers() -> None:
    code = (
        "import sys, json\n"
        "from core.exploration import (correlation, customers, distribution, quality, ranking, rhythm, series,\n"
        "                              stationarity, year_ago)\n"
        "import callbacks.explore_tabs\n"
        "print(json.dumps(sorted({'statsmodels', 'scipy.stats', 'sklearn', 'tensorflow'} & set(sys.modules))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
