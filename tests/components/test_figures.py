"""Figures: valid for Plotly, true to their data, in both languages and themes."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from components.figures.drift import distribution_figure
from components.figures.fan import broken, fan_figure, open_runs
from components.figures.palette import LIGHT, Theme, mixed
from components.figures.power import power_figure
from components.figures.profile import profile_figure
from components.figures.series import daily_figure
from components.figures.template import base_figure, graph_config, trace
from components.figures.waterfall import waterfall_figure
from components.words import Words

DAYS = np.arange("2011-11-01", "2012-02-09", dtype="datetime64[D]")
SHUTDOWN = np.arange("2011-12-24", "2012-01-04", dtype="datetime64[D]")
OPEN = (np.arange(DAYS.size) % 7 != 4) & ~np.isin(DAYS, SHUTDOWN)
VALUES = np.where(OPEN, 100.0 + np.arange(DAYS.size), 0.0)


def forecast(part: slice) -> dict[str, Any]:
    mean = VALUES[part]
    factors = {"lo80": 0.8, "hi80": 1.2, "lo95": 0.6, "hi95": 1.5}
    return {"date": DAYS[part], "mean": mean, "open": OPEN[part], **{k: mean * f for k, f in factors.items()}}


def named(figure: dict[str, Any], name: str) -> dict[str, Any]:
    return next(trace for trace in figure["data"] if trace.get("name") == name)


def test_percent_in_french_has_its_space(english: Words, french: Words) -> None:
    """Plotly's only sign behind a number that depends on the language is the currency."""
    for t, sign in ((english, ""), (french, "$")):
        figure = distribution_figure(t, LIGHT, ["a"], [1.0], [0.5], "x")
        go.Figure(figure)
        assert figure["layout"]["yaxis"]["tickformat"] == f"{sign}.0%"
        assert {one["hovertemplate"] for one in figure["data"]} == {f"%{{y:{sign}.1%}}"}
        power = power_figure(t, LIGHT, [0.1], [0.5], "x", 1.0, ".0%")
        assert power["data"][0]["hovertemplate"] == f"%{{x:+{sign}.0%}}: %{{y:{sign}.0%}}<extra></extra>"
    assert graph_config(french)["locales"]["fr"]["format"]["currency"] == ["", "\u202f%"]


def test_every_figure_is_valid(t: Words, theme: Theme) -> None:
    """go.Figure checks every setting against Plotly's schema."""
    history = {"date": DAYS[:60], "value": VALUES[:60], "open": OPEN[:60]}
    ahead = forecast(slice(60, None))
    for figure in (
        daily_figure(t, theme, DAYS, VALUES, OPEN, VALUES, "u"),
        daily_figure(t, theme, np.tile(DAYS, 3), np.tile(VALUES, 3), np.tile(OPEN, 3), np.tile(VALUES, 3), "u"),
        profile_figure(t, theme, ["Mon", "Tue"], [1.0, 2.0], "u", 1, "x"),
        waterfall_figure(t, theme, 100, [("Duplicates", 10), ("Price", 5)], 85),
        fan_figure(t, theme, history, ahead, "sarima", "u"),
        fan_figure(t, theme, history, ahead, "unknown", "u", VALUES[60:], {"lstm": ahead}),
        distribution_figure(t, theme, ["a", "b"], (0.4, 0.6), (0.5, 0.5), "x"),
    ):
        go.Figure(figure)
    graph_config(t)


def test_open_runs_join_weekends_and_break_at_longer_closures() -> None:
    runs = open_runs(OPEN)
    assert np.array_equal(np.concatenate(runs), np.flatnonzero(OPEN))
    assert len(runs) == 2
    assert open_runs(np.zeros(5, bool)) == []
    assert broken(np.arange(5.0), []).size == 0


def test_broken_has_a_gap_between_runs() -> None:
    values = broken(np.arange(6.0), [np.array([0, 1]), np.array([4, 5])])
    assert values[[0, 1, 3, 4]].tolist() == [0, 1, 4, 5]
    assert np.isnan(values[2])
    dates = broken(DAYS[:6], [np.array([0, 1]), np.array([4, 5])])
    assert dates.size == values.size
    assert not np.isnat(dates).any()


def test_fan_shows_open_days_only(english: Words, theme: Theme) -> None:
    ahead = forecast(slice(60, None))
    figure = fan_figure(
        english, theme, {"date": DAYS[:60], "value": VALUES[:60], "open": OPEN[:60]}, ahead, "sarima", "u"
    )
    line = named(figure, "Forecast")
    drawn = np.asarray(line["y"])
    assert np.array_equal(drawn[~np.isnan(drawn)], ahead["mean"][ahead["open"]])
    assert line["line"]["color"] == theme.models["sarima"]
    closed = named(figure, "Closed")
    assert closed["x"].size == (~OPEN).sum()


@pytest.mark.parametrize("level", [80, 95])
def test_band_encloses_every_open_day(english: Words, theme: Theme, level: int) -> None:
    ahead = forecast(slice(40, None))
    figure = fan_figure(
        english, theme, {"date": DAYS[:40], "value": VALUES[:40], "open": OPEN[:40]}, ahead, "sarima", "u"
    )
    band = named(figure, f"{level}% interval")
    opened = ahead["open"]
    for day, low, high in zip(
        ahead["date"][opened], ahead[f"lo{level}"][opened], ahead[f"hi{level}"][opened], strict=True
    ):
        drawn = band["y"][(band["x"] == day) & ~np.isnan(band["y"])]
        assert sorted(set(drawn.tolist())) == sorted({low, high})


def test_no_interval_when_everything_is_closed(english: Words, theme: Theme) -> None:
    closed = {**forecast(slice(0, 3)), "open": np.zeros(3, bool)}
    nothing = {"date": DAYS[:0], "value": VALUES[:0], "open": OPEN[:0]}
    go.Figure(fan_figure(english, theme, nothing, closed, "sarima", "u"))


def test_waterfall_adds_up(english: Words, theme: Theme) -> None:
    bars = waterfall_figure(english, theme, 100, [("a", 10), ("b", 5)], 85)["data"][0]
    assert bars["x"] == [100, -10, -5, 85]
    assert bars["text"] == ["100", "−10", "−5", "85"]


def test_mixed_colours() -> None:
    assert mixed("#000000", "#ffffff", 0.5) == "#808080"
    assert mixed("#123456", "#ffffff", 1.0) == "#123456"


def test_the_hatched_reference_can_be_seen(t: Words, theme: Theme) -> None:
    figure = distribution_figure(t, theme, ["a", "b"], (0.4, 0.6), (0.5, 0.5), "x")
    assert figure["data"][0]["marker"]["pattern"]["bgcolor"] not in (None, theme.surface)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="<>/&;#ab \"'", max_size=20))
def test_texts_of_figures_are_texts(english: Words, text: str) -> None:
    """Plotly reads tags and entities; what it makes of the texts must be the texts."""
    made = base_figure(
        [trace("bar", x=[text], y=[1], name=text, customdata=[[text]], text=np.array([text], dtype=object))],
        LIGHT, english, title={"text": text}, annotations=[{"text": text}], yaxis={"ticktext": [text]},
    )  # fmt: skip
    (bar,), layout = made["data"], made["layout"]
    places = [bar["x"][0], bar["name"], bar["customdata"][0][0], bar["text"][0], layout["title"]["text"],
              layout["annotations"][0]["text"], layout["yaxis"]["ticktext"][0]]  # fmt: skip
    assert [html.unescape(one) for one in places] == [text] * 7
    assert not [one for one in places if "<" in one]


def test_tags_of_our_own_stay(english: Words) -> None:
    ours = Markup("<b>{}</b>").format("<i>")
    made = base_figure([trace("bar", text=[ours], hovertemplate="%{x}<extra></extra>")], LIGHT, english)
    assert made["data"][0]["text"] == ["<b>&lt;i&gt;</b>"]
    assert made["data"][0]["hovertemplate"] == "%{x}<extra></extra>"
