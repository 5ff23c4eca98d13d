"""The Forecast page's views, figures and files: valid, in both languages and themes, whatever a user's text is."""

from __future__ import annotations

import datetime as dt
import io
import json
from types import SimpleNamespace

import icalendar
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from python_calamine import CalamineWorkbook

from components import ics, workbook
from components.figures.drivers import drivers_figure
from components.figures.palette import Theme
from components.figures.revisions import revisions_figure
from components.figures.scenarios import DARK, DASHES, LIGHT, SYMBOLS, scenario_keys, scenarios_figure
from components.views import forecast_made, forecast_whatif, forecast_why
from components.words import Words, shown
from tests.stills import plain

DAY = dt.date(2011, 12, 9)
NASTY = '=HYPERLINK("http://x")<b onclick=1>%{y}&\u202e'


def table(days: int = 28, scale: float = 1.0) -> pd.DataFrame:
    dates = pd.date_range(DAY, periods=days)
    is_open = dates.day_of_week != 5
    is_open &= ~((dates >= "2011-12-24") & (dates <= "2012-01-02"))
    mean = np.where(is_open, scale * (100.0 + np.arange(days)), 0.0)
    reasons = np.where(is_open, "", np.where(dates.day_of_week == 5, "weekday:Saturday", "shutdown"))
    reasons[dates == "2011-12-25"] = "holiday:Christmas Day"
    factors = {"lo80": 0.8, "hi80": 1.2, "lo95": 0.6, "hi95": 1.5}
    bounds = {name: mean * factor for name, factor in factors.items()}
    return pd.DataFrame({"date": dates, "horizon": np.arange(1, days + 1), "mean": mean, **bounds, "open": is_open,
                         "reason": reasons})  # fmt: skip


def rows(names: tuple[str, ...]) -> list[forecast_whatif.Row]:
    frames = [table(scale=1 + number / 10) for number in range(len(names))]
    return [
        forecast_whatif.Row(name, "15% more", frame["mean"].sum(), frame["lo80"].sum(), frame["hi80"].sum(), frame)
        for name, frame in zip(names, frames, strict=True)
    ]


def made(tests: tuple[bool, ...], y: float) -> pd.DataFrame:
    count = len(tests)
    return pd.DataFrame(
        {
            "version_id": [f"v{number}" for number in range(count)],
            "origin": pd.date_range("2011-11-01", periods=count, freq="7D"),
            "horizon": range(30, 30 - count, -1), "mean": np.linspace(100, 120, count),
            "lo80": 90.0, "hi80": 130.0, "stand_in": list(tests), "y": y,
        }
    )  # fmt: skip


def reasons(model: str = "xgboost", days: int = 1, **parts: float) -> SimpleNamespace:
    values = {"recent": 0.0, "weekday": 0.1, "season": -0.7, "events": 0.0001, "known": 0.0, "agreed": 0.02} | parts
    last = DAY + dt.timedelta(days=days - 1)
    return SimpleNamespace(
        first=DAY, last=last, days=days, level=100.0, parts=values, forecast=56.0, model=model, shown=60.0, reach=last
    )


def test_every_figure_is_valid(t: Words, theme: Theme) -> None:
    others = [(NASTY, table()), ("B", table(scale=2))]
    for figure in (
        scenarios_figure(t, theme, table(), others, "lstm", 80, "u"),
        scenarios_figure(t, theme, table(365), [("A", table(365))], "lstm", 95, "u"),
        revisions_figure(t, theme, made((True, False, False), 1.0), 104.0, "u"),
        revisions_figure(t, theme, made((), 1.0), None, "u"),
        drivers_figure(t, theme, ["a", "b"], [0.12, -0.3]),
        drivers_figure(t, theme, [], []),
    ):
        go.Figure(figure)


def test_a_scenario_is_told_by_more_than_its_colour(english: Words, theme: Theme) -> None:
    names = [f"S{number}" for number in range(5)]
    figure = scenarios_figure(english, theme, table(), [(name, table()) for name in names], "gp", 80, "u")
    lines = [one for one in figure["data"] if one["type"] == "scatter" and one["mode"] == "lines+markers"]
    assert len({(one["line"]["dash"], one["marker"]["symbol"]) for one in lines}) == 6
    keys = scenario_keys(english, theme, names, "gp", 80)
    assert {key.label: key.colour for key in keys if key.label in names} == {
        one["name"]: one["line"]["color"] for one in lines[1:]
    }
    assert len(set(LIGHT)) == len(set(DARK)) == len(set(DASHES)) == len(set(SYMBOLS)) == 5


def test_names_are_shown_letter_by_letter(english: Words, theme: Theme) -> None:
    figure = scenarios_figure(english, theme, table(), [(NASTY, table())], "gp", 80, "u")
    name = figure["data"][-1]["name"]
    assert "<" not in name
    assert "&lt;b" in name


def test_scenarios_are_compared(t: Words, theme: Theme) -> None:
    content = plain(forecast_whatif.compared(t, theme, rows(("As forecast", "A", "B")), ["a note"], "units", "gp", 80))
    for part in ("a note", t("whatif.order"), t("whatif.assumed")):
        assert json.dumps(part, ensure_ascii=False)[1:-1] in content
    assert t("whatif.none") in plain(forecast_whatif.compared(t, theme, rows(("As forecast",)), [], "units", "gp", 80))


def test_the_scenario_farthest_off_is_named(english: Words) -> None:
    three = rows(("As forecast", "A", "B"))
    text = forecast_whatif.summary(english, three, "units")
    assert text.startswith("B differs most: ")
    assert "20%) more" in text
    same = [three[0], three[0]]
    assert "No scenario" in forecast_whatif.summary(english, same, "units")


def test_the_form_offers_a_new_scenario_while_there_is_room(english: Words) -> None:
    assert [one["value"] for one in forecast_whatif.into_options(english, ["A"], 2)] == ["new", "0"]
    assert [one["value"] for one in forecast_whatif.into_options(english, ["A", "B"], 2)] == ["0", "1"]


@pytest.mark.parametrize(
    ("tests", "y", "words"),
    [((), np.nan, "No forecast of"), ((False,), np.nan, "One forecast"), ((True,), 104.0, "a test from data"),
     ((False, False), 500.0, "a change of +20%")],
)  # fmt: skip
def test_revisions_in_words(english: Words, theme: Theme, tests: tuple[bool, ...], y: float, words: str) -> None:
    content = plain(forecast_made.made(english, theme, made(tests, y), DAY, "units", 28))
    assert words in content
    assert ("outside the last" in content) == (y == 500)
    assert ("within the last" in content) == (y == 104)


def test_reasons_in_words(english: Words, french: Words, theme: Theme) -> None:
    content = plain(forecast_why.why(english, theme, reasons(), True, "units"))
    assert "On Friday 9 December, XGBoost starts from 100 units a day" in content
    assert "Season of the year: 50% less; Day of the week: 11% more; Agreement with the parts: 2% more." in content
    assert "nearby: " not in content  # rounds to nothing
    assert "another model" not in content
    other = plain(forecast_why.why(english, theme, reasons("lstm", 3), True, "units"))
    assert "another model, LSTM: it says 60 units, 7% above" in other
    assert "On an average open day from 9 Dec 2011 to 11 Dec 2011" in other
    for t in (english, french):
        assert t("why.none") in plain(forecast_why.why(t, theme, None, False, "units"))
        assert t("why.no_day") in plain(forecast_why.why(t, theme, None, True, "units"))
        plain(forecast_why.why(t, theme, reasons("gp", 2), True, "revenue"))


def test_a_workbook_has_numbers_dates_and_texts(t: Words) -> None:
    frame = table(16)
    frame.loc[1, "reason"] = NASTY
    notes = [("a", NASTY), ("b", 1234.567), ("c", DAY), ("d", None), ("e", float("nan"))]
    before = [np.nan, *range(15)]
    data = workbook.workbook(workbook.forecast_sheets(t, frame, before, rows((t("whatif.baseline"), NASTY)), 80, notes))
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert list(sheets) == [t(f"xlsx.sheet.{one}") for one in ("forecast", "scenarios", "scenario_days", "notes")]
    days = sheets[t("xlsx.sheet.forecast")]
    assert [row[0] for row in days[1:]] == [one.date() for one in frame["date"]]
    assert [row[2] for row in days[1:]] == frame["mean"].round(2).tolist()
    assert days[1][7] == ""  # not known
    assert days[2][9] == shown(NASTY, None)
    assert sheets[t("xlsx.sheet.notes")][1:] == [["a", NASTY], ["b", 1234.57], ["c", DAY], ["d", ""], ["e", ""]]
    assert sheets[t("xlsx.sheet.scenarios")][2][0] == NASTY
    assert b"<f>" not in _unzipped(data)  # no formula anywhere
    assert b'state="frozen"' in _unzipped(data)


def _unzipped(data: bytes) -> bytes:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_a_calendar_has_the_busiest_days_and_the_odd_closures(t: Words) -> None:
    found = ics.entries(t, table(), "units", NASTY, 80)
    busiest = [one.first for one in found if one.kind == "busiest"]
    assert busiest == [dt.date(2011, 12, 11), dt.date(2011, 12, 18), dt.date(2011, 12, 23), dt.date(2012, 1, 5)]
    closed = [(one.first, one.last) for one in found if one.kind == "closed"]
    assert closed == [(dt.date(2011, 12, 24), dt.date(2012, 1, 2))]
    moment = dt.datetime(2011, 12, 9, 20, tzinfo=dt.UTC)
    data = ics.calendar(found, "n", moment, "units/total")
    assert data == ics.calendar(found, "n", moment, "units/total")
    events = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert [one["dtstart"].dt for one in events] == [one.first for one in found]
    assert [one["dtend"].dt - dt.timedelta(days=1) for one in events] == [one.last for one in found]
    assert [str(one["summary"]) for one in events] == [one.title for one in found]
    assert len({str(one["uid"]) for one in events}) == len(events)
    moved = table().assign(mean=lambda frame: frame["mean"].where(frame["date"] != "2011-12-13", 999.0))
    again = icalendar.Calendar.from_ical(
        ics.calendar(ics.entries(t, moved, "units", "x", 80), "n", moment, "units/total")
    )
    assert {str(one["uid"]) for one in again.walk("VEVENT")} == {str(one["uid"]) for one in events}


def test_nothing_to_plan_by(t: Words) -> None:
    closed = table(2).assign(open=False, reason="weekday:Saturday")
    assert ics.entries(t, closed, "units", "total", 95) == []
    assert icalendar.Calendar.from_ical(ics.calendar([], "n", dt.datetime.now(dt.UTC), "x")).walk("VEVENT") == []
