"""The views of the Explore page with what users' data may hold: markup, formulas, endless names."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from app.i18n import LANGUAGES, translator
from components.cut import cut_cell
from components.figures.palette import LIGHT, Theme
from components.tables import text_table
from components.views import explore_csv, explore_odd, explore_quality, explore_ranks, explore_rhythm
from components.views.explore import growth
from components.words import Shown, Words
from core.exploration.causes import Cause, Kind
from core.exploration.customers import Customers
from core.exploration.decomposition import decompose
from core.exploration.orders import Order
from core.exploration.quality import ColumnFacts
from core.exploration.ranking import Ranking
from core.exploration.selection import compared
from core.exploration.stationarity import Verdict
from core.series.days import day_range
from core.transactions.rules import RULE_IDS
from tests.stills import plain

NASTY = [
    "<b>bold</b><script>alert(1)</script>",
    '=HYPERLINK("x")',
    "x" * 10_000,
    "\u202eright to left",
    " \n\t spaced  out ",
]


def ranking_of(names: list[str | None]) -> Ranking:
    n = len(names)
    table = pd.DataFrame(
        {"name": pd.Series(names, dtype=object), "label": pd.Series([f"{name}" for name in names], dtype=object),
         "value": np.arange(n, 0, -1.0), "share": np.arange(n, 0, -1) / n, "now": 1.0, "then": 1.0, "growth": 0.004,
         "rank": np.arange(1, n + 1)}
    )  # fmt: skip
    span = compared((dt.date(2024, 1, 1), dt.date(2024, 3, 1)), dt.date(2020, 1, 1))
    lists = table[["name", "label", "value"]].dropna()
    return Ranking(table, 10.0, n, span, lists, lists.head(0), len(lists), 0)


def test_texts_are_cut_and_whole_in_the_title() -> None:
    assert cut_cell("short") == "short"
    assert cut_cell("z" * 99, 9) == ("z" * 8 + "…", "z" * 99)
    table = json.loads(text_table("c", [], [[cut_cell("z" * 99, 9)]]).to_plotly_json()["props"]["data-table"])
    assert table["rows"] == [[["z" * 8 + "…", "z" * 99]]]


@pytest.mark.parametrize("what", ["country", "product"])
def test_names_of_users_are_texts(t: Words, theme: Theme, what: str) -> None:
    content = json.loads(plain(explore_ranks.rank_cards(t, theme, what, "revenue", "", ranking_of([*NASTY, None]))))
    text = json.dumps(content)
    figure = find(content, "figure")
    go.Figure(figure)
    for name in [*figure["layout"]["yaxis"]["ticktext"], *figure["data"][0]["customdata"]]:
        assert "<" not in name
        assert len(name) < 160
    assert "x" * 10_000 in text  # the title of its cell
    assert f'"{"x" * 10_000}"' not in json.dumps(figure)


def find(node: Any, key: str) -> Any:
    if isinstance(node, dict):
        if key in node:
            return node[key]
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            if (found := find(one, key)) is not None:
                return found
    return None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_has_its_sentence(lang: str) -> None:
    order = Order(dt.date(2024, 3, 1), NASTY[2], 3, 5000.0, 100.0, dt.datetime(2024, 3, 2, 10, 5))
    for kind in get_args(Kind):
        said = explore_odd.reason(translator(lang), Cause(kind, order, "Easter Monday", 2, 0.5))
        assert said.endswith(".")
        assert len(said) < 250
    for verdict in get_args(Verdict):
        assert translator(lang)(f"explore.level.{verdict}")
    for rule in RULE_IDS:
        assert translator(lang)(f"rule.{rule}")


def test_odd_days_and_order_lines(t: Words) -> None:
    order = Order(dt.date(2024, 3, 1), NASTY[0], 3, 5000.0, 100.0)
    days = [SimpleNamespace(index=i, day=dt.date(2024, 3, 1 + i), value=5.0, expected=value, more=3.0)
            for i, value in enumerate((2.0, -1.0))]  # fmt: skip
    content = plain(explore_odd.odd_card(t, "units", days, [Cause("order", order, share=0.9), Cause("no_trade")], True))
    assert "order" in content
    plain(explore_odd.odd_card(t, "units", [], [], True))
    plain(explore_odd.odd_card(t, "units", [], [], False))
    lines = pd.DataFrame({"time": [pd.Timestamp("2024-03-01 10:00")], "description": [NASTY[2]], "quantity": [3.0]})
    assert "…" in json.dumps(
        json.loads(plain(explore_odd.order_card(t, order.day, order.invoice, lines))), ensure_ascii=False
    )
    plain(explore_odd.order_card(t, order.day, order.invoice, lines.head(0)))


def test_columns_with_nasty_values(t: Words) -> None:
    facts = [ColumnFacts("description", 10, 1, 2, 3, 4, NASTY[4], NASTY[2], dt.date(2024, 1, 1), None)]
    facts.append(ColumnFacts("price", 10, 0, 0, 0, 4, 0.5, 3.0, dt.date(2024, 1, 1), dt.date(2024, 1, 2)))
    rules = pd.DataFrame({"rule": ["", "customer", "overlap"], "lines": [5, 3, 2]})
    for raw in (False, True):
        assert plain(explore_quality.quality_cards(t, facts, rules, raw))
    assert plain(explore_quality.quality_cards(t, [], rules, False))
    assert explore_quality.value_cell(t, "time", pd.Timestamp("2024-01-05 09:30")).endswith("09:30")
    assert explore_quality.value_cell(t, "price", None) == "–"


def test_parts_that_add_up(t: Words, theme: Theme) -> None:
    days, number = day_range(dt.date(2022, 1, 3), 800), np.arange(800)
    values = np.sin(number / 9) + np.tile([3.0, 1, 0, 0, -1, -1, -2], 115)[:800]
    parts = decompose(days, values, np.ones(800, bool))
    one = SimpleNamespace(days=days, values=values, known=np.ones(800, bool), parts=parts, span=slice(0, 800))
    assert plain(explore_rhythm.parts_cards(t, theme, "revenue", one))
    assert plain(explore_rhythm.rhythm_answer(t, parts, None))
    assert "year" in explore_csv.rhythm_csv(one).splitlines()[0]
    assert plain(explore_rhythm.rhythm_answer(t, None, None))


def test_small_growth_keeps_a_decimal(english: Words) -> None:
    assert [growth(english, share) for share in (-0.003, 0.58, 0.0951, 0.0, None, float("nan"))] == [
        "−0.3%", "+58%", "+9.5%", "0.0%", "–", "–",
    ]  # fmt: skip


def test_growth_is_a_number_in_files(english: Words) -> None:
    rising = growth(english, 0.58)
    assert isinstance(rising, Shown)
    assert rising.values == (0.58,)


def test_files_are_safe_for_spreadsheets() -> None:
    rows = [[NASTY[1], 1.5, None, True, dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, 3, 4), float("nan"), 0.00012]]
    rows.append([1_234_567.89, *[float("inf")] * 7])
    text = explore_csv.csv_text(["a", "b", "c", "d", "e", "f", "g", "h"], rows)
    assert text.startswith("\ufeffa,b,c")
    assert text.splitlines()[2] == "1234567.89,,,,,,,"
    assert text.splitlines()[1] == '"\'=HYPERLINK(""x"")",1.5,,yes,2024-01-02,2024-01-02 03:04:00,,0.00012'
    name = explore_csv.file_name(
        "products", "units", "country:../<b>" + "x" * 999, dt.date(2024, 1, 1), dt.date(2024, 2, 1), "read"
    )
    assert name.isascii()
    assert "/" not in name
    assert len(name) < 150


def test_customers_left_out_are_told(english: Words) -> None:
    from components.views.explore_customers import customer_cards

    months = pd.DataFrame({"month": pd.to_datetime(["2024-01-01"]), "new": [1], "returning": [2], "value_new": [1.0],
                           "value_returning": [3.0]})  # fmt: skip
    table = pd.DataFrame({"customer": [NASTY[0]], "value": [4.0], "share": [1.0], "orders": [2],
                          "first": pd.to_datetime(["2024-01-01"]), "last": pd.to_datetime(["2024-01-09"])})  # fmt: skip
    found = Customers("revenue", 3, 1, 2, 4.0, months, table, np.array([[0, 0], [1, 1.0]]), 0.4, 0.5, 1.0, 0.25, 1,
                      dt.date(2024, 1, 1), dt.date(2023, 1, 1))  # fmt: skip
    said = plain(customer_cards(english, LIGHT, found))
    assert "1 customer whose refunds" in said
    assert "25% beside these" in said
