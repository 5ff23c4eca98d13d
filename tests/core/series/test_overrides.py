"""Days declared by hand: read, refused where they cannot be understood, and obeyed by the calendar and the forecast."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from core.config import Config
from core.errors import InputError
from core.lifecycle.recipe import Recipe
from core.series.calendar import infer_calendar
from core.series.overrides import read_overrides


def test_days_are_read(tmp_path: Path) -> None:
    path = tmp_path / "calendar.csv"
    path.write_text("Date,Open,why\n2026-12-12,yes,market\n2026-12-14, No ,stocktaking\n", "utf-8")
    assert read_overrides(path) == {dt.date(2026, 12, 12): True, dt.date(2026, 12, 14): False}
    assert read_overrides(tmp_path / "absent.csv") == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("day,open\n", r"calendar.csv, row 1: there is no column date"),
        ("", r"there is no column date and open"),
        ("date,open\n2026-12-12,yes\n12/14/2026,no\n", r"row 3, column date: '12/14/2026' is not a day"),
        ("date,open\n2026-12-12,perhaps\n", r"row 2, column open: 'perhaps' is not an answer"),
        ("date,open\n2026-12-12\n", r"row 2, column open: '' is not an answer"),
        ("date,open\n2026-12-12,yes\n2026-12-12,no\n", r"row 3, column open: 2026-12-12 is both open and closed"),
        ("date,open\n2026-12-12,yes\n2026-12-13," + "y" * 200_000, r"row 3: a cell is too long. Is a quotation mark"),
        ("d" * 200_000, r"row 1: a cell is too long"),
    ],
)
def test_what_cannot_be_understood_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "calendar.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=says):
        read_overrides(path)


def test_the_calendar_obeys(tmp_path: Path) -> None:
    days = np.datetime64("2026-01-05") + np.arange(140)
    values = np.where((days.astype(int) - 4) % 7 == 5, 0.0, 20.0)  # closed on Saturdays
    saturday, monday = dt.date(2026, 5, 30), dt.date(2026, 6, 1)
    calendar = infer_calendar(dt.date(2026, 1, 5), values, None, {saturday: True, monday: False})
    ahead = np.array(["2026-05-30", "2026-06-01", "2026-06-06"], dtype="datetime64[D]")
    assert calendar.is_open(ahead).tolist() == [True, False, False]


def test_a_changed_file_is_another_recipe(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path)
    before = Recipe.of(config)
    config.calendar_file.write_text("date,open\n2026-12-14,no\n2026-12-12,yes\n", "utf-8")
    after = Recipe.of(config)
    assert before.to_json() != after.to_json()
    assert after.declared_days() == {dt.date(2026, 12, 12): True, dt.date(2026, 12, 14): False}
    assert dataclasses.replace(after, overrides=()).to_json() == before.to_json()
