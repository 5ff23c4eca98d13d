"""Newer data that no version has learnt from yet, or that lack a measure, must not break a page."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from app import create_app
from app.settings import Settings
from callbacks import compare, explore, explore_tabs, forecast, overview
from callbacks.chosen import chosen
from callbacks.now import ready_of
from callbacks.segments import fill, fill_measures
from core.config import Config
from core.state.engine import open_engine
from core.transactions.checked import table_of
from core.transactions.load import prepare
from core.transactions.merge import merge
from core.transactions.posted import Batch, Batches, digest_of
from core.transactions.staging import LINE_COLUMNS
from core.transactions.store import Store


@pytest.fixture
def newer(config: Config, tmp_path: Path) -> Config:
    """The installation after a file with times and quantities only came in, with the version of the old data."""
    shutil.copytree(config.data_dir, tmp_path / "data")
    lines = "".join(f"2024-03-{day:02d} 10:00,{day}\n" for day in range(1, 21))
    (tmp_path / "few.csv").write_text("time,quantity\n" + lines)
    made = Config(data_dir=tmp_path / "data")
    prepare(made, tmp_path / "few.csv")
    return made


@pytest.mark.parametrize("old_data_kept", [True, False])
def test_pages_survive_newer_data_with_fewer_measures(newer: Config, old_data_kept: bool) -> None:
    if not old_data_kept:
        current = (newer.store_dir / "CURRENT").read_text().strip()
        for folder in newer.store_dir.glob("gen-*"):
            if folder.name != current:
                shutil.rmtree(folder)
    app = create_app(Settings(core=newer, secret_key="a key for the tests"))
    assert app.server.test_client().get("/").status_code == 200
    with app.server.test_request_context("/", headers={"Accept-Language": "en"}):
        ready = ready_of(app.server.extensions["tidemark"])
        options, value = fill_measures(ready, "revenue")
        measures = [option["value"] for option in options]
        assert ("revenue" in measures) == old_data_kept
        assert value in measures or old_data_kept
        assert fill(ready, "country:Nowhere")[1] == "total"
        for measure in ("revenue", "transactions", "nonsense"):
            assert forecast.draw(ready, measure, "total", 28, None, None, None)
            assert explore_tabs.draw_series(ready, measure, "total", *[None] * 5)
            assert explore_tabs.draw_profiles(ready, measure, "total", *[None] * 5)
        assert overview.draw(ready, "28", "total")
        assert compare.draw(ready, "orders", "total")
        assert compare.draw_folds(
            ready, "orders", "total", compare.fill(ready, "orders", "total", [], None, None)[1], None
        )


def test_pages_show_posted_lines_at_once(config: Config, tmp_path: Path) -> None:
    """They continue the data that the champion learnt from: no training is needed to see them."""
    shutil.copytree(config.data_dir, tmp_path / "data")
    made = Config(data_dir=tmp_path / "data")
    before = Store(made.store_dir).current()
    assert before is not None
    app = create_app(Settings(core=made, secret_key="a key for the tests"))
    day = before.manifest.last_day + dt.timedelta(days=3)
    line = {"time": f"{day} 23:50", "quantity": 1.0, "price": 2.0, "customer": "1", "invoice": "1"}
    values = {name: [line.get(name) if name in before.manifest.columns else None] for name in LINE_COLUMNS}
    table, _ = table_of(values)
    assert table is not None
    Batches(open_engine(made.database)).accept(Batch("key", digest_of(table), table), "test")
    merge(made)
    with app.server.test_request_context("/", headers={"Accept-Language": "en"}):
        ready = ready_of(app.server.extensions["tidemark"])
        found = chosen(ready)
        assert found.generation.manifest.posted == 1
        assert found.panel.last_day == day
        assert overview.draw(ready, "28", "total")
        assert explore_tabs.draw_series(ready, "transactions", "total", *[None] * 5)
        assert explore.bounds(ready, None, None)[1] == day.isoformat()
