"""Numbers and dates in both languages."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.i18n import translator
from components.words import Words, shown


@pytest.mark.parametrize(
    ("value", "digits", "english", "french"),
    [
        (31412.5, 0, "31,412", "31 412"),
        (0.0, 0, "0", "0"),
        (-0.2, 0, "0", "0"),
        (-1234.56, 1, "−1,234.6", "−1 234,6"),
        (None, 0, "–", "–"),
        (math.nan, 0, "–", "–"),
        (math.inf, 2, "–", "–"),
    ],
)
def test_number(value: float | None, digits: int, english: str, french: str) -> None:
    assert translator("en").number(value, digits) == english
    assert translator("fr").number(value, digits).replace("\u202f", " ") == french


@pytest.mark.parametrize(
    ("value", "text"),
    [(31412, "31,400"), (999.6, "1,000"), (75.8, "76"), (4.21, "4.2"), (0.5, "0.5"), (0, "0"), (-31412, "−31,400")],
)
def test_about(english: Words, value: float, text: str) -> None:
    assert english.about(value) == text


@given(st.floats(min_value=10, max_value=1e12))
def test_about_is_near(value: float) -> None:
    shown = float(translator("en").about(value).replace(",", ""))
    assert abs(shown - value) <= max(0.005 * value, 0.5) + 1e-9


def test_percent_and_change(english: Words, french: Words) -> None:
    assert english.percent(0.127) == "13%"
    assert french.percent(0.127, 1) == "12,7\u202f%"
    assert [english.change(x) for x in (0.12, -0.031, 0.001, None)] == ["+12%", "−3%", "0%", "–"]


@pytest.mark.parametrize("day", [dt.date(2011, 12, 9), np.datetime64("2011-12-09"), "2011-12-09"])
def test_date(english: Words, french: Words, day: object) -> None:
    styles = ("long", "day", "short", "weekday")
    assert [english.date(day, style) for style in styles] == [
        "Fri 9 Dec 2011",
        "9 Dec 2011",
        "9 Dec",
        "Friday 9 December",
    ]
    assert [french.date(day, style) for style in styles] == [
        "ven. 9 déc. 2011",
        "9 déc. 2011",
        "9 déc.",
        "vendredi 9 décembre",
    ]


def test_the_first_of_a_month(english: Words, french: Words) -> None:
    styles = ("long", "day", "short", "weekday")
    assert [english.date("2011-12-01", style) for style in styles[1:3]] == ["1 Dec 2011", "1 Dec"]
    assert [french.date("2011-12-01", style) for style in styles] == [
        "jeu. 1er déc. 2011",
        "1er déc. 2011",
        "1er déc.",
        "jeudi 1er décembre",
    ]
    assert french.date("2011-12-11", "short") == "11 déc."


def test_count_takes_the_grammar_of_the_language(english: Words, french: Words) -> None:
    assert [english.count("control.days", n) for n in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert [french.count("control.days", n) for n in (0, 1, 2)] == ["0 jour", "1 jour", "2 jours"]


def test_names(english: Words, french: Words) -> None:
    assert english.segment("country:United Kingdom") == "United Kingdom"
    assert english.segment("total") == "All countries"
    assert french.segment("country:other", inside=True) == "autres pays"
    assert english.model("sarima") == "SARIMA"
    assert english.model("my_new_model") == "My new model"
    assert french.reason("weekday:Saturday") == "samedi"
    assert english.reason("holiday:Easter Monday") == "Easter Monday"
    assert french.reason("holiday:New Year Holiday; New Year's Day (observed)") == (
        "Lendemain du Nouvel An; Jour de l’An (reporté)"
    )
    assert french.reason("holiday:Festa della Repubblica") == "Festa della Repubblica"
    assert (english.about(0.04), french.about(0.0), english.about(0.06)) == ("0", "0", "0.1")
    assert english.reason("shutdown") == "yearly shutdown"
    assert english.reason("something new") == "something new"


def test_unknown_key_is_an_error(t: Words) -> None:
    with pytest.raises(KeyError):
        t("no.such.key")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("France", "France"), ("<b>A & B</b>", "<b>A & B</b>"), ("Côte d’Ivoire", "Côte d’Ivoire"),
        ("a\x00b\x1b[2J", r"a\x00b\x1b[2J"), ("two\r\nlines", "two  lines"), ("\u202egnp", r"\u202egnp"),
        ("שלום", "\u2068שלום\u2069"), ("a\u2069b\u2068c", "abc"), ("x\ud800", r"x\ud800"),
        ("W" * 10_000, "W" * 79 + "…"),
    ],
)  # fmt: skip
def test_a_text_of_users_data_within_ours(text: str, seen: str) -> None:
    assert shown(text) == seen


@given(st.text(max_size=100))
def test_what_is_shown_keeps_to_itself(text: str) -> None:
    found = shown(text, None)
    assert not any(unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") for one in found)
    depth = [0]
    for one in found:
        depth.append(depth[-1] + {"\u2066": 1, "\u2067": 1, "\u2068": 1, "\u2069": -1}.get(one, 0))
    assert min(depth) == depth[-1] == 0
    assert not {"\u202a", "\u202b", "\u202d", "\u202e"} & set(found)


def test_a_country_may_have_the_name_of_a_segment(english: Words) -> None:
    assert english.segment("country:total") == "total"
    assert english.segment("country:other") == "Other countries"
    assert english.segment("total") == "All countries"
