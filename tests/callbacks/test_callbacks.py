"""What the callbacks give, checked against what core says."""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import dash
import numpy as np
import plotly.graph_objects as go
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from callbacks import compare, errors, explore_tabs, forecast, monitor, overview, segments, shell
from callbacks.chosen import chosen
from callbacks.now import ready_of
from callbacks.services import services, words
from components import ids
from core.errors import InputError
from core.lifecycle.serving import forecast_table
from core.lifecycle.totals import period_total
from core.series.panel import Series
from tests.stills import unfolded

ROOT = Path(__file__).parents[2]


def plain(content: Any) -> Any:
    """Dash components as the JSON that the browser gets."""
    return unfolded(content)


def parts(node: Any, kind: str) -> list[dict[str, Any]]:
    """All components of a kind, depth first."""
    if isinstance(node, list):
        return [one for child in node for one in parts(child, kind)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.get("type") == kind and "namespace" in node else []
    return own + [one for value in node.values() for one in parts(value, kind)]


def text_tables(node: Any) -> list[dict[str, Any]]:
    """The tables that the browser builds from their content."""
    return [json.loads(one["props"]["data-table"]) for one in parts(node, "Div") if "data-table" in one["props"]]


def text_of(node: Any) -> str:
    if isinstance(node, list):
        return "".join(map(text_of, node))
    if isinstance(node, dict):
        return text_of(node.get("props", {}).get("children"))
    return "" if node is None else str(node)


def test_nothing_is_drawn_before_the_first_forecast(empty: dash.Dash) -> None:
    with empty.server.test_request_context("/"):
        assert ready_of(services()) is None
        for draw in (
            lambda: overview.draw(None, "28", "total"),
            lambda: forecast.draw(None, "revenue", "total", 28, None, None, None),
            lambda: explore_tabs.draw_series(None, *[None] * 7),
            lambda: compare.draw(None, None, None),
            lambda: monitor.draw(None, None),
        ):
            with pytest.raises(PreventUpdate):
                draw()


def test_gate_follows_the_job(empty: dash.Dash) -> None:
    with empty.server.test_request_context("/", headers={"Accept-Language": "en"}):
        found = services()
        assert "Waiting for the work to begin" in text_of(plain(shell.look("a", None)[0]))
        job = found.jobs.start("prepare", "test", "test")
        with contextlib.suppress(InputError), found.jobs.run(job) as run:
            run(0.25, "Reading rows")
            gate, hidden, ready, _ = shell.look("a", None)
            assert "Reading rows" in text_of(plain(gate))
            assert "25%" in text_of(plain(gate))
            assert hidden
            assert ready is no_update
            raise InputError("the file is empty", file="sales.csv")
        assert "sales.csv: the file is empty." in text_of(plain(shell.look("b", None)[0]))


def test_a_new_forecast_is_noticed_once(ready: str) -> None:
    gate, hidden, told, _ = shell.look("a", None)
    assert (gate, hidden, told) == (None, False, ready)
    assert shell.look("b", ready)[2] is no_update


def test_unknown_series_fall_back(ready: str) -> None:
    found = chosen(ready)
    assert found.series("nonsense", "country:Atlantis") == Series("transactions")
    assert found.series("revenue", None) == Series("revenue")
    known = found.segments[1]
    assert found.series("units", known) == Series("units", known)
    options, value = segments.fill(ready, "country:Atlantis")
    assert [one["value"] for one in options] == found.segments
    assert value == "total"
    assert segments.fill(ready, known)[1] is no_update


@pytest.mark.parametrize("horizon", [1, 28, 365])
def test_forecast_page_shows_the_stored_forecast(ready: str, horizon: int) -> None:
    content = plain(forecast.draw(ready, "units", "total", horizon, None, None, None))
    table = forecast_table(chosen(ready).version, Series("units")).head(horizon)
    rows = text_tables(content)[0]["rows"]
    assert len(rows) == horizon
    shown = [row[1] for row in rows]
    assert shown == [f"{value:,.0f}" for value in table["mean"]]
    figure = parts(content, "Graph")[0]["props"]["figure"]
    line = next(trace for trace in figure["data"] if trace["name"] == "Forecast")
    assert [y for y in line["y"] if y is not None] == pytest.approx(table.loc[table["open"], "mean"].tolist())
    go.Figure(figure)


def test_unfinished_horizon_keeps_what_is_shown(ready: str) -> None:
    with pytest.raises(PreventUpdate):
        forecast.draw(ready, "units", "total", None, None, None, None)


def test_curl_survives_the_shell(app: dash.Dash, ready: str) -> None:
    words = shlex.split(forecast.requests(ready, "revenue", "total", 14, "best", "80")[0].replace("\\\n", ""))
    assert words[:2] == ["curl", "http://localhost/predict"]
    assert json.loads(words[words.index("-d") + 1]) == {"horizon": 14, "measure": "revenue", "segment": "total"}


def test_overview_says_the_total(ready: str) -> None:
    content = plain(overview.draw(ready, "28", "total"))
    total = forecast_table(chosen(ready).version, Series("transactions")).head(28)["mean"].sum()
    headline = text_of(content[0])
    assert headline.startswith("Next 28 days: ")
    assert f"{round(total, 2 - int(np.floor(np.log10(total)))):,.0f} transactions" in headline
    low, high = map(words().about, period_total(chosen(ready).version, Series("transactions"), 28)[80])
    assert f", {low}–{high} with 80% confidence" in headline
    assert "What to do next" in text_of(content[2])
    assert "The data have not been looked at yet." in text_of(content[2])
    assert parts(content, "Graph") == []


def test_everything_in_french_and_dark(app: dash.Dash, ready: str) -> None:
    cookies = {"Cookie": "tidemark_lang=fr; tidemark_theme=dark"}
    with app.server.test_request_context("/", headers=cookies):
        content = plain(forecast.draw(ready, "revenue", "total", 7, None, None, None))
        assert "Chiffre d’affaires" in text_of(content)
        layout = parts(content, "Graph")[0]["props"]["figure"]["layout"]
        assert layout["template"]["layout"]["font"]["color"] == "#e4e9ef"
        for draw in (
            overview.draw(ready, "7", "total"),
            compare.draw(ready, None, None),
            monitor.draw(ready, None),
        ):
            plain(draw)


def test_errors_are_sentences(ready: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = {}
    monkeypatch.setattr(errors, "set_props", lambda name, props: said.setdefault(name, props))
    assert errors.show_error(InputError("there is no model x")) is no_update
    assert said[ids.TOAST_TEXT] == {"children": "there is no model x."}
    assert said[ids.TOAST] == {"is_open": True}
    said.clear()
    errors.show_error(RuntimeError("secret path /etc"))
    assert "secret" not in str(said)


def test_every_callback_names_things_that_exist(app: dash.Dash, ready: str) -> None:
    layout = app.validation_layout
    for one in app.callback_map.values():
        for item in [*one["inputs"], *one["state"]]:
            if not item["id"].startswith("{"):
                assert item["id"] in layout, item


def test_two_applications_in_one_process(app: dash.Dash, empty: dash.Dash) -> None:
    assert set(app.callback_map) == set(empty.callback_map)


def test_document_carries_language_and_theme(app: dash.Dash) -> None:
    client = app.server.test_client()
    client.set_cookie("tidemark_theme", "dark")
    page = client.get("/?lang=fr")
    html = page.get_data(as_text=True)
    assert '<html lang="fr" data-bs-theme="dark">' in html
    assert html.index("theme-init.js") < html.index("stylesheet")
    assert "tidemark_lang=fr" in page.headers["Set-Cookie"]
    assert "http" not in "".join(line for line in html.splitlines() if "<script src" in line or "<link" in line)


def test_odd_cookies_are_harmless(app: dash.Dash) -> None:
    client = app.server.test_client()
    client.set_cookie("tidemark_theme", "x><script>")
    client.set_cookie("tidemark_lang", "xx")
    html = client.get("/?lang=yy", headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert '<html lang="en" data-bs-theme="light">' in html


def test_a_web_worker_never_imports_tensorflow(tmp_path: Path) -> None:
    """What a worker imports: the WSGI entry, every page, every callback."""
    code = (
        "import sys, wsgi\n"
        "pages = ('/', '/forecast', '/explore', '/compare', '/monitor', '/lifecycle')\n"
        "for path in (*pages, '/_dash-layout', '/_dash-dependencies'):\n"
        "    assert wsgi.server.test_client().get(path).status_code == 200, path\n"
        "heavy = {'tensorflow', 'keras', 'xgboost', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
