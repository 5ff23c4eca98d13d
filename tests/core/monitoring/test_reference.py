"""The reference of a version: frozen, read back, and compared with later days as a fresh comparison would be."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from core.config import Config
from core.errors import NotReadyError
from core.monitoring.drift import DriftReport, drift_report
from core.monitoring.features import Window
from core.monitoring.reference import Reference, against, freeze
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


def test_later_days_against_it_are_as_a_fresh_comparison(shops: tuple[Generation, Generation]) -> None:
    before, after = shops
    frozen = Reference.from_json(json.loads(json.dumps(freeze(before, calendar_of(before)).to_json())))
    assert frozen.window == Window(before.manifest.last_day - dt.timedelta(days=364), before.manifest.last_day)
    found = against(frozen, after, 30, calendar_of(after))
    fresh = drift_report(after, 30, tuple(frozen.window))
    assert found.reference == fresh.reference
    assert found.current == fresh.current
    assert [one.feature for one in found.features] == [one.feature for one in fresh.features]
    for one, other in zip(found.features, fresh.features, strict=True):
        assert (one.n_ref, one.n_cur, one.verdict, one.labels) == (
            other.n_ref,
            other.n_cur,
            other.verdict,
            other.labels,
        )
        assert one.psi == pytest.approx(other.psi, abs=1e-12)
        assert one.ks == pytest.approx(other.ks, abs=1e-12)
        assert one.ref_shares == pytest.approx(other.ref_shares)


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


def test_a_short_history_has_no_month_to_compare(tmp_path: Path) -> None:
    generation = prepare(Config(data_dir=tmp_path / "data"), write_shop(tmp_path / "shop.csv", 30))
    with pytest.raises(NotReadyError, match="nothing before"):
        against(freeze(generation, calendar_of(generation)), generation, 30, calendar_of(generation))


def test_a_report_survives_json(shops: tuple[Generation, Generation]) -> None:
    report = drift_report(shops[1])
    assert DriftReport.from_json(json.loads(json.dumps(report.to_json(), allow_nan=False))) == report
