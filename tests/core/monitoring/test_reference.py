"""The reference of a version: frozen, read back, and compared with later days as a fresh comparison would be."""

import datetime as dt
import json

import numpy as np
import pytest

from core.config import Config
from core.monitoring.drift import DriftReport, drift_report
from core.monitoring.features import Window
from core.monitoring.reference import Reference, freeze
from core.series.calendar import infer_calendar
from core.series.panel import Series
from core.transactions.load import prepare
from core.transactions.store import Generation
from tests.core.lifecycle.shop import write_shop


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> tuple[Generation, Generation]:
    """The same shop on two days, 40 days apart."""
    folder = tmp_path_factory.mktemp("shops")
    made = []
    for days in (420, 460):
        path = write_shop(folder / f"shop{days}.csv", 460)
        lines = path.read_text().splitlines()
        last = (dt.date(2021, 3, 1) + dt.timedelta(days=days)).isoformat()
        path.write_text("\n".join([lines[0], *(line for line in lines[1:] if line[:10] < last)]))
        made.append(prepare(Config(data_dir=folder / str(days)), path))
    return made[0], made[1]


def calendar_of(generation: Generation):
    panel = generation.panel()
    return infer_calendar(panel.first_day, panel[Series("transactions")], None)


def test_it_survives_json_as_it_was_frozen(shops: tuple[Generation, Generation]) -> None:
    before, _ = shops
    made = freeze(before, calendar_of(before))
    frozen = Reference.from_json(json.loads(json.dumps(made.to_json())))
    assert frozen.window == Window(before.manifest.last_day - dt.timedelta(days=364), before.manifest.last_day)
    for one, other in zip(made.features, frozen.features, strict=True):
        assert (one.name, one.level, one.kind) == (other.name, other.level, other.kind)
        assert (one.values == other.values).all()
        assert (one.reference == other.reference).all()


def test_one_that_was_counted_otherwise_compares_with_nothing(shops: tuple[Generation, Generation]) -> None:
    told = freeze(shops[0], calendar_of(shops[0])).to_json()
    assert Reference.from_json({**told, "counted": 1}).features == ()
    assert Reference.from_json({key: value for key, value in told.items() if key != "counted"}).features == ()


def test_every_day_and_line_of_the_window_is_counted(shops: tuple[Generation, Generation]) -> None:
    before, _ = shops
    frozen = freeze(before, calendar_of(before))
    counts = {one.name: one for one in frozen.features}
    panel = before.panel()
    inside = panel.days >= np.datetime64(frozen.window.start)
    lines = int(panel[Series("transactions")][inside].sum())
    assert counts["price"].reference.sum() == counts["hour"].reference.sum() == lines
    assert counts["units"].reference.sum() == (panel[Series("units")][inside] > 0).sum()
    assert not any(one.current.any() for one in frozen.features)


def test_a_report_survives_json(shops: tuple[Generation, Generation]) -> None:
    report = drift_report(shops[1])
    assert DriftReport.from_json(json.loads(json.dumps(report.to_json(), allow_nan=False))) == report
