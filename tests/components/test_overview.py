"""The Overview in words: the headline, what to do next, alarms; and what the frame says: toasts, shortcuts, drift."""

from __future__ import annotations

import datetime as dt
import json
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from components import chart, keys, shell, tables, toasts
from components.icons import ICONS, PAGE_ICONS
from components.views import models_words, overview, overview_next
from components.words import Words
from core.lifecycle import next_steps
from core.lifecycle.headline import Outlook, Peak
from tests.components.test_small import plain

FIRST = dt.date(2011, 12, 9)


def card(days: int = 28, change: float | None = 0.06, between: tuple[float, float] = (29_111, 33_904)) -> Any:
    total = 31_412.0 if between[1] else 0.0
    year_ago = None if change is None else total / (1 + change)
    last = FIRST + dt.timedelta(days=days - 1)
    peak = Peak(FIRST, 2_000.0)
    seen = Outlook(days, FIRST, last, total, days, peak, peak, (), year_ago, None)
    return overview.MeasureCard("transactions", "sarima", seen, None, between, (), [1.0, 2.0], [3.0])


def text_of(node: Any) -> str:
    if isinstance(node, list | tuple):
        return "".join(map(text_of, node))
    if hasattr(node, "children"):
        return text_of(node.children)
    return "" if node is None else str(node)


def alert(**more: Any) -> Any:
    values: dict[str, Any] = {
        "id": 7, "kind": "level", "severity": "critical", "subjects": ("transactions",), "first_day": FIRST,
        "evidence": {"change": -0.5, "subject": "transactions"},
    }  # fmt: skip
    return SimpleNamespace(**{**values, **more})


def test_headline_is_one_sentence(english: Words) -> None:
    assert text_of(overview.headline(english, card(), "total")) == (
        "Next 28 days: 31,400 transactions, 29,100–33,900 with 80% confidence, 6% above the same weeks last year."
    )
    assert text_of(overview.headline(english, card(7, -0.031), "country:France")) == (
        "Next 7 days in France: 31,400 transactions, 29,100–33,900 with 80% confidence, "
        "3% below the same week last year."
    )
    assert text_of(overview.headline(english, card(28, 0.001), "total")).endswith(", as in the same weeks last year.")


def test_headline_says_only_what_is_known(t: Words) -> None:
    assert "–" not in text_of(overview.headline(t, card(28, None, (0.0, 0.0)), "total"))


def test_next_steps_in_words(t: Words) -> None:
    facts: dict[str, Any] = {
        "other data": {"origin": FIRST, "last_day": FIRST},
        "old data": {"last_day": FIRST, "days": 1},
        "alarm": {"alert": alert()},
        "challenger": {"version": "v2"},
        "closure": {
            "first": FIRST,
            "last": FIRST + dt.timedelta(days=3),
            "reasons": ("holiday:Christmas Day", "shutdown"),
        },
        "peak": {"day": FIRST, "value": 2_000.0, "share": 0.4},
    }
    assert set(facts) == set(get_args(next_steps.Kind)) == set(overview_next.PLACES)
    steps = [next_steps.Step(kind, values) for kind, values in facts.items()]
    said = text_of(overview_next.steps_card(t, steps, "transactions"))
    for piece in ("v2", t.holiday("Christmas Day"), t.percent(0.4), t.date(FIRST, "weekday"), t("alert.kind.level")):
        assert piece in said
    day = next_steps.Step("closure", {"first": FIRST, "last": FIRST, "reasons": ("shutdown",)})
    assert t.date(FIRST, "weekday") in overview_next.sentence(t, day, "transactions")
    assert t("overview.next.none") in text_of(overview_next.steps_card(t, [], "transactions"))


def test_alarms_in_words(t: Words) -> None:
    many = [alert(id=number) for number in range(1, 6)]
    shown = plain(overview_next.alarms_card(t, many, 2, looked=True))
    assert [f"/monitor?alert={number}" in shown for number in range(1, 6)] == [True] * 3 + [False] * 2
    assert t.count("monitor.more", 2) in shown
    assert t.count("overview.alarms.notes", 2) in shown
    assert t("overview.alarms.none") in plain(overview_next.alarms_card(t, [], 0, looked=True))
    assert t("overview.alarms.unlooked") in plain(overview_next.alarms_card(t, [], 0, looked=False))


def test_drift_in_words_and_icon(t: Words) -> None:
    bad = plain(shell.drift(t, [alert(), alert(severity="warning")], looked=True))
    assert t.count("shell.alarms", 2, worst=t("alert.severity.critical")) in bad
    assert "bi-exclamation-diamond-fill" in bad
    assert t("shell.quiet") in plain(shell.drift(t, [], looked=True))
    assert t("shell.unlooked") in plain(shell.drift(t, [], looked=False))


@pytest.mark.parametrize("state", ["done", "failed", "cancelled", "interrupted"])
@pytest.mark.parametrize("kind", ["train", "merge", "one of tomorrow"])
def test_toasts_say_how_a_job_ended(t: Words, kind: str, state: str) -> None:
    assert state in models_words.STATES
    job = SimpleNamespace(id=12, kind=kind, state=state, error="<b>row 3</b> is wrong." if state == "failed" else None,
                          result={"version": "v3", "champion": True} if state == "done" else None)  # fmt: skip
    shown = plain(toasts.job_toast(t, job))
    assert models_words.kind_name(t, kind) in shown
    assert ("<b>row 3</b> is wrong." in shown) is (state == "failed")
    assert ("v3" in shown) is (state == "done" and kind == "train")
    assert ("/lifecycle?job=12" in shown) is (state != "done" or kind != "train")
    assert ('"data-goes": "true"' in shown) is (state == "done")


def test_every_page_has_a_key_of_its_own(t: Words) -> None:
    assert set(PAGE_ICONS) <= set(keys.PAGE_KEYS)
    assert len(set(keys.PAGE_KEYS.values())) == len(keys.PAGE_KEYS)
    shown = plain(keys.dialog(t, [("f", "/forecast", t("page.forecast"))], on=True))
    assert '"data-key": "f"' in shown
    assert t("page.forecast") in shown


@pytest.mark.parametrize(("table", "tabled", "has"), [(None, False, False), (None, True, True), ("table", False, True)])
def test_a_chart_with_numbers_gives_them(english: Words, table: Any, tabled: bool, has: bool) -> None:
    shown = plain(chart.chart(english, "one", "Title", {"data": []}, "Sentence.", table, tabled=tabled))
    assert ('"data-csv": "one"' in shown) is has
    assert '"data-export": "one"' in shown


def test_cells_carry_what_they_show(french: Words) -> None:
    row = [
        french.date(FIRST),
        french.number(1234.5678),
        french.change(-0.123456),
        french.span(1.5, 2.5),
        french.number(None),
    ]
    made = tables.text_table("c", [tables.Column(str(n)) for n in range(5)], [row])
    values = json.loads(made.to_plotly_json()["props"]["data-table"])["values"]
    assert values == [[["2011-12-09"], ["1234.5678"], ["-0.123456"], ["1.5", "2.5"], None]]
    cells = plain(tables.table("c", [tables.Column(str(n)) for n in range(5)], [row]))
    assert '"data-value": "1234.5678"' in cells
    assert '"data-until": "2.5"' in cells


def test_icons_of_the_steps_are_served() -> None:
    assert {symbol for symbol, _ in overview_next.PLACES.values()} <= set(ICONS)
