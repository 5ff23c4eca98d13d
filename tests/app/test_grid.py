"""The grid's scripts: on no page by themselves, named by every answer that holds a grid, compressed beforehand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import dash
import dash_ag_grid
import pytest
from dash import Input, Output, html

from app import grid, static_build, static_files

MAIN, CHUNK = "dash_ag_grid.min.js", "async-community.js"


@pytest.fixture
def app(tmp_path: Path) -> dash.Dash:
    """Two buttons: one fetches a grid, the other a text."""
    made = dash.Dash("tests", assets_folder=str(tmp_path))
    made.layout = html.Div([html.Button(id="a"), html.Button(id="b"), html.Div(id="grid"), html.Div(id="text")])

    @made.callback(Output("grid", "children"), Input("a", "n_clicks"))
    def with_grid(_: int) -> dash_ag_grid.AgGrid:
        return dash_ag_grid.AgGrid(rowData=[{"x": n} for n in range(300)])

    @made.callback(Output("text", "children"), Input("b", "n_clicks"))
    def without(_: int) -> str:
        return "dash_ag_grid " * 300

    static_files.wrap(made.server, tmp_path / "nothing")
    grid.register(made)
    return made


def asked(app: dash.Dash, button: str, output: str) -> dict[str, object]:
    body = {
        "output": f"{output}.children",
        "outputs": {"id": output, "property": "children"},
        "inputs": [{"id": button, "property": "n_clicks", "value": 1}],
        "changedPropIds": [f"{button}.n_clicks"],
    }
    answer = app.server.test_client().post("/_dash-update-component", json=body, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"  # what is added must be in before
    return dict(json.loads(gzip.decompress(answer.get_data())))


def test_only_answers_with_a_grid_name_its_scripts(app: dash.Dash) -> None:
    dist = asked(app, "a", "grid")["dist"]
    assert [one["type"] for one in dist] == ["_js_dist"]
    assert "/dash_ag_grid/dash_ag_grid." in dist[0]["url"]
    assert "dist" not in asked(app, "b", "text")
    answer = app.server.test_client().get(dist[0]["url"], buffered=True)
    assert answer.status_code == 200
    assert len(answer.get_data()) > 1_000_000


def test_no_page_links_them(app: dash.Dash) -> None:
    assert "/dash_ag_grid/" not in app.server.test_client().get("/").text


def test_they_are_compressed_beforehand(app: dash.Dash, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_build, "compress", lambda content, _: content[: len(content) // 2])
    built = static_build.build(app, tmp_path / "static")
    ours = [url for url in built if "/dash_ag_grid/" in url]
    (main,) = grid.scripts(app)
    assert main in ours
    assert any(url.endswith(CHUNK) for url in ours)
    assert not any("enterprise" in url for url in ours)
    assert built[main]["fingerprinted"]
    assert "dash-ag-grid=" in static_files.stamp()
