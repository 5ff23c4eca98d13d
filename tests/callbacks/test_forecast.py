"""The Forecast page: totals, models and levels, scenarios in the address, days looked at, files."""

from __future__ import annotations

import base64
import csv
import io
import json
from types import SimpleNamespace
from typing import Any

import dash
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate
from python_calamine import CalamineWorkbook

from app.pages.forecast import LONGEST_SCENARIO, SCENARIOS, TABS
from callbacks import forecast, forecast_files, forecast_scenarios, forecast_tabs
from callbacks.chosen import chosen
from components import ids
from components.views.forecast_whatif import KINDS as SHOWN_KINDS
from core.access.keys import Keys
from core.lifecycle.serving import forecast_table
from core.lifecycle.totals import period_total
from core.lifecycle.version import Version
from core.models.xgb_drivers import FAMILIES, LEVEL
from core.scenarios.scenario import KINDS, LONGEST_TEXT, MOST_SCENARIOS, read_scenario
from core.series.panel import Series
from tests.callbacks.test_callbacks import parts, plain, text_of, text_tables

UNITS = Series("units")


def day(ready: str, number: int) -> str:
    """A day ahead, as a field gives it."""
    return str(np.datetime64(chosen(ready).version.origin, "D") + number)


def draw_tab(ready: str, tab: str, **given: Any) -> Any:
    """The one panel that is drawn."""
    values = {"horizon": 28, "model": "best", "level": "80", "texts": None, "day": None} | given
    order = ("horizon", "model", "level", "texts", "day")
    drawn = forecast_tabs.draw(tab, ready, "units", "total", *(values[name] for name in order), None)
    assert [one is no_update for one in drawn] == [one != tab for one in forecast_tabs.TABS]
    return plain(drawn[forecast_tabs.TABS.index(tab)])


def test_page_and_core_know_the_same() -> None:
    assert TABS == forecast_tabs.TABS
    assert len(SCENARIOS) == MOST_SCENARIOS
    assert LONGEST_SCENARIO == LONGEST_TEXT
    assert sorted(SHOWN_KINDS) == sorted(KINDS)


def test_the_total_has_its_own_interval(ready: str) -> None:
    found = chosen(ready)
    table = forecast_table(found.version, UNITS, "sarima").head(28)
    for level in (80, 95):
        low, high = period_total(found.version, UNITS, 28, "sarima")[level]
        shown = text_of(plain(forecast.draw(ready, "units", "total", 28, "sarima", str(level), None)))
        about = [f"{round(value, 2 - int(np.floor(np.log10(value)))):,.0f}" for value in (low, high)]
        assert f"{about[0]} – {about[1]} with {level}% confidence" in shown
        assert low <= table["mean"].sum() <= high


def test_any_model_can_be_shown(ready: str) -> None:
    options, value = forecast.fill_models(ready, "nonsense")
    assert [one["value"] for one in options] == ["best", *chosen(ready).version.models]
    assert value == "best"
    assert forecast.fill_models(ready, "sarima")[1] is no_update
    tables = []
    for model in ("seasonal_naive", "sarima"):
        content = plain(forecast.draw(ready, "units", "total", 10, model, "80", None))
        tables.append([row[1] for row in text_tables(content)[0]["rows"]])
        assert tables[-1] == [f"{x:,.0f}" for x in forecast_table(chosen(ready).version, UNITS, model).head(10)["mean"]]
    assert tables[0] != tables[1]


def test_bands_follow_the_level_and_last_year_its_weekdays(ready: str) -> None:
    found = chosen(ready)
    for level, bands in (("80", ["80% interval"]), ("95", ["95% interval", "80% interval"])):
        figure = parts(plain(forecast.draw(ready, "units", "total", 28, "best", level, None)), "Graph")[0]["props"][
            "figure"
        ]
        assert [one["name"] for one in figure["data"] if one["name"].endswith("interval")] == bands
        go.Figure(figure)
    table = forecast_table(found.version, UNITS)
    values = forecast.last_year(found, UNITS, table)
    days = dict(zip(found.panel.days.tolist(), found.panel[UNITS].tolist(), strict=True))
    for stamp, value in zip(table["date"][:364], values[:364], strict=True):
        before = stamp.date() - pd.Timedelta(days=364).to_pytimedelta()
        if not np.isnan(value):
            assert value == days[before]
        else:
            assert before not in days or not found.version.calendar().is_open(np.array([before], "datetime64[D]"))[0]
    assert np.isnan(values[364])  # that would be ahead as well


def test_requests_have_a_key_where_keys_are_in_force(ready: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Authorization" not in "".join(forecast.requests(ready, "units", "total", 7, "best", "80"))
    monkeypatch.setattr(Keys, "any", lambda keys: True)
    curl, python = forecast.requests(ready, "units", "total", 7, "best", "80")
    assert "Authorization: Bearer $KEY" in curl
    assert "os.environ['KEY']" in python


def test_requests_say_model_and_level(ready: str) -> None:
    curl, python = forecast.requests(ready, "units", "total", 7, "sarima", "95")
    body = {"horizon": 7, "measure": "units", "segment": "total", "model": "sarima", "levels": [95]}
    assert json.dumps(body) in curl
    compiled = compile(python, "snippet", "exec")
    sent: list[Any] = []
    answer = {"predictions": [{"date": "d", "value": 1, "intervals": {"95": [0, 2]}}]}
    fake = SimpleNamespace(
        Request=lambda url, data, headers: sent.append((url, json.loads(data), headers)),
        urlopen=lambda _request: io.BytesIO(json.dumps(answer).encode()),
    )
    names = {"__builtins__": {**__builtins__, "__import__": lambda name, *_: fake if "request" in name else json}}
    exec(compiled, names)
    assert sent == [("http://localhost/predict", body, {"Content-Type": "application/json"})]


def test_scenarios_are_added_changed_and_taken_away(ready: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = (day(ready, 3), day(ready, 5))
    texts, said, into, name = forecast_scenarios.add(1, ready, [], "new", " Sale ", "up", 15, *fields)
    assert texts == [f"Sale*up15.{fields[0]}.{fields[1]}"]
    assert said.startswith("Sale now has: 15% more")
    assert (into, name) == ("0", "")
    texts = forecast_scenarios.add(1, ready, texts, into, None, "close", None, fields[0], None)[0]
    assert read_scenario(texts[0]).changes[1].kind == "close"
    texts = forecast_scenarios.add(1, ready, texts, "new", "", "open", None, *fields)[0]
    assert texts[1].startswith("Scenario A*open.")
    content, options, value = forecast_scenarios.listed(ready, [*texts, "nonsense*"], "7")
    assert "1 scenario of the address could not be read" in text_of(plain(content))
    assert ([one["value"] for one in options], value) == (["new", "0", "1"], "1")
    for change, left in ((0, 1), ("all", 0)):
        monkeypatch.setattr(forecast_scenarios, "ctx", SimpleNamespace(triggered_id=ids.scenario_button(0, change)))
        got = forecast_scenarios.remove([1], texts)[0]
        assert len(got) == 1 + left
        assert len(read_scenario(got[0]).changes) == 1
    with pytest.raises(PreventUpdate):
        forecast_scenarios.remove([None], texts)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"percent": None}, "Percent"), ({"percent": 501}, "Percent"), ({"kind": "down", "percent": 100}, "Percent"),
     ({"first": 5, "last": 3}, "Last day"), ({"first": 0}, "First and last day"), ({"last": 366}, "First and last day"),
     ({"first": None}, "First and last day"), ({"name": "Sale"}, "Name"), ({"into": "0"}, "This scenario has as many"),
     ({"texts": ["Sale", "B", "C", "D", "E"], "name": "x"}, "There are five")],
)  # fmt: skip
def test_what_cannot_be_added_is_said(ready: str, given: dict[str, Any], sentence: str) -> None:
    full = "Sale" + 12 * f"*close.{day(ready, 3)}"
    values = {"texts": [full], "into": "new", "name": "", "kind": "up", "percent": 5, "first": 3, "last": 4} | given
    first, last = (None if values[name] is None else day(ready, values[name]) for name in ("first", "last"))
    got = forecast_scenarios.add(
        1, ready, values["texts"], values["into"], values["name"], values["kind"], values["percent"], first, last
    )
    assert got[0] is no_update
    assert got[1].startswith(sentence)


def test_scenarios_stand_beside_the_forecast(ready: str) -> None:
    found = chosen(ready)
    table = forecast_table(found.version, UNITS).head(28)
    base, total = table["mean"].sum(), period_total(found.version, UNITS, 28)[80]
    shut = int(np.flatnonzero(~table["open"])[0]) + 1
    texts = [
        f"Twice*up100.{day(ready, 1)}.{day(ready, 28)}",
        f"Shut*open.{day(ready, shut)}*close.{day(ready, 400)}",
        "x*",
    ]
    t = forecast_tabs.words()
    rows, outcomes = forecast_scenarios.comparison(t, found, UNITS, found.version.best(UNITS), 28, 80, texts)
    assert [row.name for row in rows] == ["As forecast", "Twice", "Shut"]
    assert (rows[0].low, rows[0].high) == total
    assert rows[1].total == pytest.approx(2 * base)
    assert (rows[1].low, rows[1].high) == pytest.approx((2 * total[0], 2 * total[1]))
    assert rows[2].total == pytest.approx(base + outcomes[1].opened[0].mean)
    content = draw_tab(ready, "whatif", texts=texts)
    shown = text_of(content)
    assert "Twice differs most" in shown
    assert "Shut: history has no" in shown
    assert "changes nothing here" in shown
    go.Figure(parts(content, "Graph")[0]["props"]["figure"])
    assert "no scenario yet" in text_of(draw_tab(ready, "whatif"))


def test_how_the_forecast_of_a_day_changed(ready: str) -> None:
    found = chosen(ready)
    assert "One forecast of this day is known" in text_of(draw_tab(ready, "made"))
    past = found.version.backtest()["date"].iloc[-1].date().isoformat()
    assert "a test from data to" in text_of(draw_tab(ready, "made", day=past))
    assert "No forecast of" in text_of(draw_tab(ready, "made", day=found.panel.first_day.isoformat()))
    assert "One forecast" in text_of(draw_tab(ready, "made", day="2011-1"))
    low, high, value, *_ = forecast_tabs.limits(ready, None, None)
    assert (low, high, value) == (day(ready, 1), day(ready, 365), day(ready, 1))


def test_why_is_told_where_it_is_known(ready: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "they come with the next training" in text_of(draw_tab(ready, "why"))
    table = forecast_table(chosen(ready).version, UNITS)
    when = table[table["open"]]["date"].iloc[0]
    row = {"model": "sarima", "measure": "units", "segment": "total", "date": when, LEVEL: 5.0}
    frame = pd.DataFrame([row | dict.fromkeys(FAMILIES, 0.1)])
    monkeypatch.setattr(Version, "drivers", lambda _self: frame)
    monkeypatch.setattr(Version, "keep", lambda _self, _key, make, of=None: make())
    assert "XGBoost starts from 147 units" in text_of(draw_tab(ready, "why", day=when.date().isoformat()))
    assert "cannot be explained" in text_of(draw_tab(ready, "why", day=day(ready, 300)))


def test_files_hold_what_is_on_the_screen(ready: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"=1+1*up50.{day(ready, 1)}.{day(ready, 9)}"]
    table = forecast_table(chosen(ready).version, UNITS).head(9)

    def pressed(button: str) -> dict[str, Any]:
        context = SimpleNamespace(triggered_id=button, triggered=[{"value": 1}])
        monkeypatch.setattr(forecast_files, "ctx", context)
        return forecast_files.download(1, 1, 1, ready, "units", "total", 9, "best", "80", texts)

    got = {name: pressed(name) for name in forecast_files.ENDINGS}
    content = {name: base64.b64decode(one["content"]) for name, one in got.items()}
    here = ids.Forecast
    assert [one["filename"].rsplit(".", 1)[1] for one in got.values()] == ["csv", "xlsx", "ics"]
    rows = list(csv.DictReader(io.StringIO(content[here.CSV].decode(), newline="")))
    assert [row["scenario"] for row in rows] == [""] * 9 + ["'=1+1"] * 9
    wanted = [*table["mean"], *(1.5 * table["mean"])]
    assert [float(row["forecast"]) for row in rows] == pytest.approx(wanted, abs=0.006)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content[here.XLSX]))
    assert [row[2] for row in book.get_sheet_by_index(0).to_python()[1:]] == table["mean"].round(2).tolist()
    assert book.get_sheet_by_name("Scenarios").to_python()[2][0] == "=1+1"
    assert content[here.ICS].startswith(b"BEGIN:VCALENDAR\r\n")
    with pytest.raises(PreventUpdate):
        pressed("something else")


def test_the_page_reads_any_address(app: dash.Dash) -> None:
    from app.pages.forecast import layout

    with app.server.test_request_context("/"):
        shown = plain(layout(tab="why", day="2011-12-12", s1="A*close.2011-12-12", s3="x" * 500, s2=["a"], level="7"))
    stores = {one["props"]["id"]: one["props"].get("data") for one in parts(shown, "Store")}
    assert stores == {ids.Forecast.TAB: "why", ids.Forecast.SCENARIOS: ["A*close.2011-12-12"]}
