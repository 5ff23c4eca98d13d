"""Address values, downloads, sparklines, icons, tokens, states."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import export, query, spark, states, tables
from components.figures import palette
from components.icons import ICONS, icon
from components.words import Words
from tests.stills import plain

ROOT = Path(__file__).parents[2]


@given(st.one_of(st.none(), st.text(), st.lists(st.text()), st.integers()))
def test_any_address_value_gives_something_valid(value: object) -> None:
    assert query.measure_of(value) in query.MEASURES
    assert 1 <= query.whole(value, 28, 1, 365) <= 365
    assert 0 < len(query.text(value, "total")) <= 120
    day = query.day(value)
    assert day is None or dt.date.fromisoformat(day).isoformat() == day


def test_address_values() -> None:
    assert query.whole("90", 28, 1, 365) == 90
    assert query.whole("9999", 28, 1, 365) == 365
    assert query.whole("0", 28, 1, 365) == 1
    assert query.whole("-3", 28, 1, 365) == 28
    assert query.day("2011-12-09") == "2011-12-09"
    assert query.day("20111209") == "2011-12-09"
    assert query.day("9 December") is None
    assert query.measure_of("revenue") == "revenue"


@given(st.text())
def test_no_cell_starts_a_formula(text: str) -> None:
    safe = export.safe_cell(text)
    assert not safe.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not export.UNSEEN.search(safe)
    assert export.UNSEEN.search(text) or safe in (text, f"'{text}")


def test_csv_of_a_forecast() -> None:
    table = pd.DataFrame(
        {
            "date": pd.to_datetime(["2011-12-09", "2011-12-10"]),
            "horizon": [1, 2],
            "mean": [1705.4321, 0.0],
            "lo80": [1262.0, 0.0],
            "hi80": [2532.0, 0.0],
            "lo95": [812.0, 0.0],
            "hi95": [3238.0, 0.0],
            "open": [True, False],
            "reason": ["", "=HYPERLINK(1)"],
        }
    )
    text = export.forecast_csv(table, "revenue", '@country:"A", B', "sarima", "v1")
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:], newline="")))
    assert list(rows[0]) == list(export.COLUMNS)
    assert rows[0]["forecast"] == "1705.43"
    assert rows[0]["segment"] == '\'@country:"A", B'
    assert rows[1]["reason"] == "'=HYPERLINK(1)"
    assert (rows[0]["open"], rows[1]["open"]) == ("yes", "no")
    name = export.file_name("revenue", "country:Côte d'Ivoire/../x", 28, dt.date(2011, 12, 8))
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", name)
    assert ".." not in name


@pytest.mark.parametrize(("past", "ahead"), [([], []), ([1.0], []), ([3, 3, 3], [3, 3]), ([1, 5, 2], [4, 0])])
def test_sparkline_draws_anything(past: list[float], ahead: list[float]) -> None:
    drawn = spark.sparkline(past, ahead, "label")
    numbers = re.findall(r"(?<==%27)[\d.,%]+", drawn.style["maskImage"])
    assert drawn.style["maskImage"].startswith('url("data:image/svg+xml,')
    assert "nan" not in "".join(numbers)


def test_icons_exist_in_what_is_served() -> None:
    from app.static_files import vendor_files

    css = b"".join(file.content for file in vendor_files() if file.mimetype == "text/css").decode()
    assert [name for name in ICONS if f".bi-{name}::before" not in css] == []
    with pytest.raises(ValueError, match="not listed"):
        icon("skull")


def test_tokens_and_palette_are_the_same_colours() -> None:
    css = (ROOT / "assets" / "10-tokens.css").read_text("utf-8")
    light, dark = css.split('[data-bs-theme="dark"] {', 1)
    for theme, text in ((palette.LIGHT, light), (palette.DARK, dark)):
        for model, colour in theme.models.items():
            assert f"--tm-model-{model.replace('_', '-')}: {colour};" in text
        for token, colour in (("ink", theme.ink), ("muted", theme.muted), ("surface", theme.surface)):
            assert f"--tm-{token}: {colour};" in text
        assert f"--tm-accent: {theme.accent};" in text


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK], ids=lambda theme: theme.name)
def test_colours_can_be_seen(theme: palette.Theme) -> None:
    """WCAG: text 4.5:1, lines and marks 3:1 against the card."""
    for colour in (theme.ink, theme.muted, theme.accent):
        assert contrast(colour, theme.surface) >= 4.5
    for name, colour in theme.models.items():
        assert contrast(colour, theme.surface) >= 3, name


def test_states(t: Words) -> None:
    job = SimpleNamespace(
        kind="train", progress=0.42, message="Backtest of <b>", error="row 12 is wrong.", state="running"
    )
    shown = plain(states.preparing(t, job))
    assert "Backtest of <b>" in shown
    assert t.percent(0.42) in shown
    assert t("prepare.waiting") in plain(states.preparing(t, None))
    assert "row 12 is wrong." in plain(states.failed(t, job))


def test_text_table_carries_its_content_as_data() -> None:
    cells = ["x", Words("en", {}).span(1234.5678, 2000)]
    made = tables.text_table("<b>", [tables.Column("A"), tables.Column("B", True, "help")], [cells], ["odd"])
    content = json.loads(made.to_plotly_json()["props"]["data-table"])
    assert content == {
        "caption": "<b>",
        "columns": [["A", False, ""], ["B", True, "help"]],
        "rows": [["x", "1,235 – 2,000"]],
        "values": [[None, ["1234.5678", "2000"]]],
        "classes": ["odd"],
    }


def test_table_has_header_cells_and_a_caption() -> None:
    made = plain(tables.table("Caption", [tables.Column("A"), tables.Column("B", number=True)], [["x", "1"]]))
    assert '"scope": "col"' in made
    assert '"scope": "row"' in made
    assert "Caption" in made


TOKEN = re.compile(r"--tm-([a-z-]+): (#[0-9a-f]{6});")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tokens_can_be_read(theme: str) -> None:
    """WCAG: text 4.5:1 on every ground that it stands on, borders of controls 3:1."""
    light, dark = (ROOT / "assets" / "10-tokens.css").read_text("utf-8").split('[data-bs-theme="dark"] {', 1)
    token = dict(TOKEN.findall(light if theme == "light" else dark))
    for text in ("ink", "muted", "accent", "accent-strong", "good", "watch", "bad"):
        for ground in ("ground", "surface", "sunken"):
            assert contrast(token[text], token[ground]) >= 4.5, (text, ground)
    for name in ("good", "watch", "bad"):
        assert contrast(token[name], token[f"{name}-soft"]) >= 4.5
        assert contrast(token["ink"], token[f"{name}-soft"]) >= 4.5
    assert contrast(token["on-accent"], token["accent"]) >= 4.5
    assert min(contrast(token["line-strong"], token[ground]) for ground in ("ground", "surface")) >= 3
