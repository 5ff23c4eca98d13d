"""A training run: what it writes, that it repeats itself to the byte, and what it says when it cannot."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import Config
from core.errors import NotReadyError
from core.evaluation.leaderboard import leaderboard
from core.lifecycle.jobs import JobCancelledError
from core.lifecycle.recipe import Recipe, fingerprint
from core.lifecycle.registry import Registry
from core.lifecycle.serving import forecast_table
from core.lifecycle.training import train
from core.lifecycle.version import Version
from core.models.catalogue import MODELS
from core.series.panel import ADDITIVE_MEASURES, Panel, Series
from core.transactions.load import prepare
from core.transactions.store import Store
from tests.core.lifecycle.shop import write_shop

QUICK = Recipe(models=("seasonal_naive",))
SEVERAL = Recipe(models=("seasonal_naive", "sarima", "gp"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Version, list[tuple[float, str]]]:
    folder = tmp_path_factory.mktemp("trained")
    config = Config(data_dir=folder / "data")
    prepare(config, write_shop(folder / "shop.csv", 300))
    told: list[tuple[float, str]] = []
    version = train(config, lambda fraction, message: told.append((fraction, message)), "first start", recipe=SEVERAL)
    return config, version, told


def test_every_model_and_series_has_a_forecast_of_a_year(
    trained: tuple[Config, Version, list[tuple[float, str]]],
) -> None:
    _, version, _ = trained
    frame = version.forecasts()
    assert list(frame.columns) == [
        "model", "measure", "segment", "date", "horizon", "mean", "lo80", "hi80", "lo95", "hi95", "open", "reason",
    ]  # fmt: skip
    series = version.series()
    assert {str(one) for one in series} == {"transactions/total", "units/total", "revenue/total"}
    assert len(frame) == len(SEVERAL.models) * len(series) * 365
    for _, rows in frame.groupby(["model", "measure", "segment"], observed=True):
        assert rows["horizon"].tolist() == list(range(1, 366))
        assert rows["date"].iloc[0] == pd.Timestamp(version.origin + dt.timedelta(days=1))
        assert rows["date"].diff().dropna().eq(pd.Timedelta("1D")).all()
    inside = (frame["lo95"] <= frame["lo80"]) & (frame["lo80"] <= frame["mean"]) & (frame["mean"] <= frame["hi80"])
    assert (inside & (frame["hi80"] <= frame["hi95"])).all()


def test_sundays_are_closed_and_exactly_zero(trained: tuple[Config, Version, list[tuple[float, str]]]) -> None:
    _, version, _ = trained
    frame = version.forecasts()
    sunday = frame["date"].dt.day_of_week == 6
    assert (frame.loc[sunday, "reason"] == "weekday:Sunday").all()
    assert (frame.loc[~frame["open"], ["mean", "lo80", "hi80", "lo95", "hi95"]] == 0).all(axis=None)
    assert (frame["open"] == (frame["reason"] == "")).all()
    assert (frame.loc[~sunday, "mean"] > 0).all()


def test_manifest_tells_where_it_comes_from(trained: tuple[Config, Version, list[tuple[float, str]]]) -> None:
    config, version, told = trained
    manifest, generation = version.manifest, Store(config.store_dir).current()
    assert manifest["data"]["generation"] == generation.id
    assert manifest["data"]["fingerprint"] == fingerprint(generation.panel())
    assert manifest["data"]["rows"] == generation.manifest.lines_out
    assert version.origin == generation.manifest.last_day
    assert (manifest["trigger"], manifest["parent"]) == ("first start", None)
    assert manifest["packages"]["numpy"] == np.__version__
    assert len(manifest["folds"]) == 8
    assert Registry(config).champion().id == version.id
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("after", [1, 40])
def test_manifest_tells_of_a_pause_before_the_last_day(tmp_path: Path, after: int) -> None:
    """One line so many days after 2021-06-28, the last day of a shop that is closed on Sundays."""
    config, path = Config(data_dir=tmp_path / "data"), write_shop(tmp_path / "shop.csv", 120)
    last = dt.date(2021, 6, 28) + dt.timedelta(days=after)
    with path.open("a") as file:
        file.write(f"{last} 20:00:00,1,1.5\n")
    prepare(config, path)
    version = train(config, recipe=QUICK)
    assert (version.origin, version.manifest["data"]["idle_days"]) == (last, after - 1)


def test_the_best_model_is_the_one_with_the_lowest_backtest_error(
    trained: tuple[Config, Version, list[tuple[float, str]]],
) -> None:
    _, version, _ = trained
    for series in version.series():
        backtest = version.backtest()
        rows = backtest[(backtest["measure"] == series.measure) & (backtest["segment"] == series.segment)]
        assert len(rows) == len(SEVERAL.models) * 8 * 28
        assert version.best(series) == leaderboard(rows.astype({"model": str}))["model"].iloc[0]


def test_again_gives_the_same_bytes(trained: tuple[Config, Version, list[tuple[float, str]]]) -> None:
    config, version, _ = trained
    again = train(config, recipe=SEVERAL)
    assert again.id != version.id
    assert again.manifest["parent"] == version.id
    assert again.manifest["files"] == version.manifest["files"]


def test_the_cache_changes_nothing(trained: tuple[Config, Version, list[tuple[float, str]]], tmp_path: Path) -> None:
    config, version, _ = trained
    kept = sorted(path.name.split("-")[0] for path in (config.cache_dir / "backtests").iterdir())
    assert kept == ["gp", "sarima", "seasonal_naive"]
    elsewhere = Config(data_dir=tmp_path / "data")
    prepare(elsewhere, write_shop(tmp_path / "shop.csv", 300))
    assert train(elsewhere, recipe=SEVERAL).manifest["files"] == version.manifest["files"]


def test_manifest_tells_of_every_model(trained: tuple[Config, Version, list[tuple[float, str]]]) -> None:
    _, version, _ = trained
    models = version.manifest["models"]
    assert list(models) == list(SEVERAL.models)
    for name, about in models.items():
        assert about["folder"] == f"models/{name}"
        assert any(file.startswith(f"models/{name}/") for file in version.manifest["files"])
        assert 0 < about["seconds"] < 60
        assert 0 < about["backtest_seconds"] < 60
    coverage = version.manifest["coverage"]
    assert [(row["model"], row["level"]) for row in coverage] == [(n, level) for n in models for level in (0.8, 0.95)]
    assert all(0.5 < row["realised"] <= 1 and row["n"] > 100 for row in coverage)
    assert version.manifest["reconciliation"] == []  # a shop without countries


@pytest.fixture(scope="module")
def trade(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A version of the sample data, which have countries, with a combination."""
    from core.transactions.sample import write

    folder = tmp_path_factory.mktemp("trade")
    config = Config(data_dir=folder / "data")
    write(folder / "sample.parquet", 60_000)
    prepare(config, folder / "sample.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MODELS["ensemble"], "members_for", classmethod(lambda cls, n_series: ("gp", "sarima")))
        return train(config, recipe=Recipe(models=("seasonal_naive", "gp", "ensemble"), folds=5, days_ahead=60))


def test_segments_sum_to_the_total_in_backtest_and_forecast(trade: Version) -> None:
    for frame in (trade.forecasts(), trade.backtest()):
        rows = frame[frame["measure"].isin(ADDITIVE_MEASURES)].astype({"segment": str, "model": str, "measure": str})
        keys = [name for name in ("model", "measure", "cutoff", "date") if name in rows]
        table = rows.pivot_table(index=keys, columns="segment", values="mean")
        assert len(table.columns) == 7
        assert (table["total"] == table.drop(columns="total").sum(axis=1)).all()
    inside = trade.forecasts().eval("lo95 <= lo80 <= mean <= hi80 <= hi95")
    assert inside.all()


def test_one_model_serves_a_measure_and_its_segments(trade: Version) -> None:
    for measure in ADDITIVE_MEASURES:
        assert len({trade.best(series) for series in trade.series() if series.measure == measure}) == 1
    assert set(trade.manifest["best"].values()) <= {"seasonal_naive", "gp", "ensemble"}


def test_a_combination_is_stored_as_its_members_and_weights(trade: Version) -> None:
    about = trade.manifest["models"]["ensemble"]
    assert about["members"] == ["gp", "sarima"]
    assert "folder" not in about
    assert not any(file.startswith("models/ensemble") for file in trade.manifest["files"])
    assert set(about["weights"]) == {str(series) for series in trade.series()}
    assert all(sum(row.values()) == pytest.approx(1, abs=1e-5) for row in about["weights"].values())
    assert about["backtest_seconds"] > trade.manifest["models"]["gp"]["backtest_seconds"]
    assert set(trade.forecasts()["model"].astype(str)) == {"seasonal_naive", "gp", "ensemble"}
    choices = trade.manifest["reconciliation"]
    assert len(choices) == 3 * len(ADDITIVE_MEASURES)
    assert {choice["cutoff"] for choice in choices} == {trade.origin.isoformat()}
    assert {choice["method"] for choice in choices} <= {"bottom_up", "mint_shrink", "wls_level"}


def test_cancelling_leaves_the_champion_and_no_rubbish(config: Config, tmp_path: Path) -> None:
    prepare(config, write_shop(tmp_path / "shop.csv", 120))
    first = train(config, recipe=QUICK)

    def stop(fraction: float, message: str) -> None:
        if fraction > 0.5:
            raise JobCancelledError("The job was cancelled.")

    with pytest.raises(JobCancelledError):
        train(config, stop, recipe=QUICK)
    assert Registry(config).champion().id == first.id
    assert [path.name for path in (config.models_dir / "versions").iterdir()] == [first.id]


def test_without_data_and_with_too_few_days(config: Config, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="no data yet"):
        train(config)
    prepare(config, write_shop(tmp_path / "shop.csv", 20))
    with pytest.raises(NotReadyError, match=r"cover \d+ days .* needs at least 28"):
        train(config)
    assert Registry(config).versions() == []


@pytest.mark.parametrize(("days", "folds"), [(40, 0), (70, 1), (100, 2)])
def test_short_histories_get_fewer_folds(config: Config, tmp_path: Path, days: int, folds: int) -> None:
    prepare(config, write_shop(tmp_path / "shop.csv", days))
    version = train(config, recipe=SEVERAL)
    assert len(version.manifest["folds"]) == folds
    assert version.backtest()["cutoff"].nunique() == folds
    table = forecast_table(version, Series("transactions"))
    assert len(table) == 365
    assert np.isfinite(table[["mean", "lo95", "hi95"]].to_numpy()).all()


def test_fingerprint_sees_every_change() -> None:
    values = np.arange(20, dtype=np.float64).reshape(2, 10)
    series, day = (Series("units"), Series("revenue")), dt.date(2020, 1, 1)
    plain = fingerprint(Panel(series, day, values))
    assert plain == fingerprint(Panel(series, day, values.copy(order="F")))
    changed = values.copy()
    changed[1, 9] = np.nextafter(9.0, 10.0)
    others = [
        Panel(series, day, changed),
        Panel(series[::-1], day, values),
        Panel(series, dt.date(2020, 1, 2), values),
        Panel(series, day, values[:, :9]),
        Panel(series, day, values, {"promo": values}),
        Panel(series, day, values, {"price": values}),
        Panel(series, day, values, {"promo": changed}),
    ]
    assert len({plain, *map(fingerprint, others)}) == 8
