"""The command line, as a user or a script meets it."""

import datetime as dt
import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from core.cli import main
from core.config import Config
from core.lifecycle.recipe import Recipe
from core.monitoring.shown import measured
from core.state.engine import open_engine
from core.transactions.counts import DayCounts
from tests.core.lifecycle.shop import write_shop

ROOT = Path(__file__).parents[3]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    for name in ("DATA_PATH", "DATABASE_URL", "HOLIDAYS_COUNTRY", "DATA_COLUMNS", "RULES_ON", "RULES_OFF"):
        monkeypatch.delenv(name, raising=False)
    init = Recipe.__init__
    light = lambda self, **values: init(self, **{"models": ("seasonal_naive",), **values})  # noqa: E731
    monkeypatch.setattr(Recipe, "__init__", light)
    return lambda *arguments: CliRunner().invoke(main, [str(one) for one in arguments])


def failed(result: Result, *words: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


def test_help_lists_every_command_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from core.cli import main\n"
        "print(CliRunner().invoke(main, ['--help']).output)\n"
        "print([m for m in ('numpy', 'pandas', 'duckdb', 'sqlalchemy', 'scipy', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    for name in ("sample", "prepare", "bootstrap", "train", "forecast", "backtest", "monitor"):
        assert f"\n  {name} " in done.stdout
    assert done.stdout.rstrip().endswith("[]")


def test_before_there_is_anything(run) -> None:
    failed(run("forecast"), "no forecast yet")
    failed(run("train"), "no data yet")
    failed(run("monitor"), "no data yet")
    failed(run("backtest"), "no data yet")


def test_from_data_to_forecast(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PATH", str(write_shop(tmp_path / "shop.csv", 200)))
    first = json.loads(run("bootstrap", "--json").stdout)
    assert (first["version"], first["prepared"], first["trained"]) == ("v1", True, True)
    assert not json.loads(run("bootstrap", "--json").stdout)["trained"]
    assert json.loads(run("train", "--json").stdout)["version"] == "v2"

    rows = json.loads(run("forecast", "--measure", "revenue", "--horizon", 3, "--json").stdout)
    assert [row["horizon"] for row in rows] == [1, 2, 3]
    assert rows[0]["unique_id"] == "revenue/total"
    assert rows[0]["lo95"] <= rows[0]["lo80"] <= rows[0]["mean"] <= rows[0]["hi80"] <= rows[0]["hi95"]
    failed(run("forecast", "--measure", "cats"), "no forecast of cats/total")
    failed(run("forecast", "--horizon", 0), "horizon of 0")
    failed(run("forecast", "--models", "oracle"), "no model oracle", "seasonal_naive")

    report = json.loads(run("monitor", "--json").stdout)
    assert {"verdict", "reference", "current", "features", "history"} == set(report)
    assert report["history"]["last_day"] == report["current"][1]
    run("monitor", "--export", tmp_path / "counts.parquet")
    assert DayCounts.from_table(pq.read_table(tmp_path / "counts.parquet"))["transactions"].level == "day"
    failed(run("monitor", "--export", tmp_path / "counts.xls"), "counts.xls", ".parquet")
    assert report["features"][0]["verdict"] in ("stable", "watch", "drift")
    assert "transactions" in run("monitor", "--days", 14).stdout
    failed(run("monitor", "--days", 500), "nothing before")
    failed(run("monitor", "--reference", "1999-01-01", "1999-02-01"), "does not lie in the data")
    failed(run("monitor", "--reference", "2021-05-01", "2021-04-01"), "before it begins", "first day first")
    config = Config.from_env()
    stored = measured(open_engine(config.database), "v2", dt.date.fromisoformat(report["current"][1]))
    told = {one["feature"]: (one["psi"], one["verdict"]) for one in report["features"]}
    assert stored
    for row in stored:  # as the page and the history have it
        assert told[row["feature"]] == (pytest.approx(row["psi"]), row["verdict"])
    late = run("monitor", "--since", report["current"][1])
    assert f"--since {report['current'][1]} has left nothing out" in late.stderr
    assert "left nothing out" not in run("monitor").stderr


def test_backtest_of_the_own_panel(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PATH", str(write_shop(tmp_path / "shop.csv", 200)))
    run("prepare")
    out = tmp_path / "result" / "backtest.parquet"
    result = run(
        "backtest", "--measure", "units", "--horizon", 14, "--folds", 3, "--step", 7, "--last-origin", "2021-08-01",
        "--models", "seasonal_naive", "--out", out,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    table = pd.read_parquet(out)
    assert list(table.columns) == [
        "unique_id", "ds", "cutoff", "horizon", "y", "model", "mean", "lo80", "hi80", "lo95", "hi95",
    ]  # fmt: skip
    assert len(table) == 3 * 14
    assert sorted(table["cutoff"].dt.strftime("%F").unique()) == ["2021-07-18", "2021-07-25", "2021-08-01"]
    assert "seasonal_naive" in run("backtest", "--folds", 2, "--models", "seasonal_naive").stdout
    failed(run("backtest", "--horizon", 190, "--models", "seasonal_naive"), "too few")
    failed(run("backtest", "--folds", 0), "at least 1")
    failed(run("backtest", "--segment", "country:Atlantis"), "no series")
    failed(
        run("backtest", "--folds", 1, "--models", "seasonal_naive", "--out", tmp_path / "x.xlsx"), ".csv or .parquet"
    )


def test_backtest_and_forecast_of_a_panel_file(run, tmp_path: Path) -> None:
    days = pd.date_range("2021-01-01", periods=140)
    frame = pd.concat(
        [
            pd.DataFrame({"unique_id": name, "ds": days, "y": level + days.day_of_week, "promo": days.day % 2})
            for name, level in (("a", 10.0), ("b", 100.0))
        ]
    )
    frame.loc[frame["ds"] > "2021-05-01", "y"] = float("nan")  # regressors known ahead
    path = tmp_path / "panel.csv"
    frame.to_csv(path, index=False)
    rows = json.loads(
        run("backtest", "--panel", path, "--folds", 2, "--horizon", 7, "--models", "seasonal_naive", "--json").stdout
    )
    assert {row["unique_id"] for row in rows} == {"a", "b"}
    assert all(row["mean"] == pytest.approx(row["y"]) for row in rows)
    ahead = json.loads(run("forecast", "--panel", path, "--horizon", 7, "--models", "seasonal_naive", "--json").stdout)
    assert [(row["unique_id"], row["ds"]) for row in ahead][:2] == [("a", "2021-05-02"), ("a", "2021-05-03")]
    weekday = pd.to_datetime([row["ds"] for row in ahead if row["unique_id"] == "b"]).day_of_week
    assert [row["mean"] for row in ahead if row["unique_id"] == "b"] == pytest.approx(list(100.0 + weekday))


OUT = ["unique_id", "ds", "cutoff", "horizon", "y", "model", "mean", "lo80", "hi80", "lo95", "hi95"]


def long_panel(series: dict[str, tuple[str, int, float]]) -> pd.DataFrame:
    """Name → (first day, number of days, level): a weekday pattern on a level."""
    parts = []
    for name, (first, count, level) in series.items():
        days = pd.date_range(first, periods=count)
        parts.append(pd.DataFrame({"unique_id": name, "ds": days, "y": level + days.day_of_week}))
    return pd.concat(parts, ignore_index=True)


def written(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    return path


def test_several_measures_are_one_table(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PATH", str(write_shop(tmp_path / "shop.csv", 200)))
    run("prepare")
    plan = ("--horizon", 14, "--folds", 3, "--step", 14, "--models", "seasonal_naive,sarima")
    result = run("backtest", "--measure", "all", *plan)
    assert result.exit_code == 0, result.output
    head, *rows = result.stdout.splitlines()
    assert head.split() == ["model", "transactions", "units", "revenue", "mean", "relative", "tied", "seconds"]
    assert {row.split()[0] for row in rows[:2]} == {"seasonal_naive", "sarima"}
    assert float(rows[0].split()[-1]) > 0
    for measures in (["all"], ["revenue"], ["units", "revenue"]):
        chosen = [part for measure in measures for part in ("--measure", measure)]
        assert run("backtest", *chosen, *plan, "--out", tmp_path / f"{len(chosen)}{measures[0]}.parquet").exit_code == 0
    every = pd.read_parquet(tmp_path / "2all.parquet")
    assert list(every.columns) == OUT
    assert every["unique_id"].unique().tolist() == ["transactions/total", "units/total", "revenue/total"]
    alone, both = pd.read_parquet(tmp_path / "2revenue.parquet"), pd.read_parquet(tmp_path / "4units.parquet")
    mine = every["unique_id"] == "revenue/total"
    pd.testing.assert_frame_equal(alone, every[mine].reset_index(drop=True), check_exact=True)
    assert set(both["unique_id"]) == {"units/total", "revenue/total"}
    failed(run("backtest", "--measure", "cats"), "no series cats/total", "units/total")
    failed(run("backtest", "--measure", "all", "--segment", "country:Atlantis"), "no series all/country:Atlantis")


def test_one_series_is_a_leaderboard(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PATH", str(write_shop(tmp_path / "shop.csv", 200)))
    run("prepare")
    text = run("backtest", "--horizon", 7, "--folds", 8, "--step", 7, "--models", "seasonal_naive,sarima").stdout
    assert text.split()[:3] == ["model", "wape", "mase"]
    assert {"cover80", "cover95", "tied", "seconds"} <= set(text.split())
    assert " = " in text
    assert "not told apart from the best" in text


def test_how_the_work_is_done_changes_no_number(run, tmp_path: Path) -> None:
    series = {f"s{number}": ("2021-01-04", 100, 10.0 * number) for number in range(1, 6)}
    path = written(long_panel(series), tmp_path / "panel.parquet")
    plan = ("backtest", "--panel", path, "--horizon", 7, "--folds", 2, "--step", 7, "--models", "seasonal_naive,sarima")
    tables = []
    for number, more in enumerate(([], [], ["--no-cache", "--workers", 1], ["--no-cache", "--workers", 2])):
        out = tmp_path / f"{number}.csv"
        assert run(*plan, *more, "--out", out).exit_code == 0
        tables.append(out.read_bytes())
        assert len(list((tmp_path / "data" / "cache" / "backtests").glob("*.npz"))) == 2
    assert len(set(tables)) == 1
    assert run(*plan, "--window", 40, "--refit-every", 2, "--out", tmp_path / "w.csv").exit_code == 0
    assert (tmp_path / "w.csv").read_bytes() != tables[0]
    assert run(*plan, "--workers", 0).exit_code == 2


def test_a_whole_panel_has_the_folds_of_its_last_origin(run, tmp_path: Path) -> None:
    series = {
        "old": ("2021-01-04", 140, 10.0),
        "late": ("2021-04-05", 49, 50.0),
        "ended": ("2021-01-04", 120, 90.0),
        "too late": ("2021-05-20", 4, 10.0),
    }
    path = written(long_panel(series), tmp_path / "panel.csv")
    plan = ("backtest", "--panel", path, "--horizon", 7, "--folds", 3, "--step", 14, "--models", "seasonal_naive")
    result = run(*plan, "--last-origin", "2021-05-10", "--json")
    rows = pd.DataFrame(json.loads(result.stdout))
    assert list(rows.columns) == OUT
    assert rows["unique_id"].unique().tolist() == ["old", "late", "ended"]
    cutoffs = {name: sorted(part["cutoff"].unique()) for name, part in rows.groupby("unique_id")}
    assert cutoffs["old"] == cutoffs["ended"] == ["2021-04-12", "2021-04-26", "2021-05-10"]
    assert cutoffs["late"] == cutoffs["old"]
    assert "Note: Left out, without a value before any origin: too late." in result.stderr
    ended = rows[(rows["unique_id"] == "ended") & (rows["ds"] > "2021-05-03")]
    assert ended["y"].isna().all()
    assert ended["mean"].notna().all()

    result = run(*plan, "--json")
    assert "Note: The series end on 2 different days" in result.stderr
    own = pd.DataFrame(json.loads(result.stdout))
    last = {name: part["ds"].max() for name, part in own.groupby("unique_id")}
    assert last == {"old": "2021-05-23", "late": "2021-05-23", "ended": "2021-05-03"}
    assert own["unique_id"].unique().tolist() == ["old", "late", "ended"]


def test_series_that_begin_between_two_origins(run, tmp_path: Path) -> None:
    path = written(
        long_panel({"old": ("2021-01-04", 140, 10.0), "new": ("2021-05-05", 19, 10.0)}), tmp_path / "panel.csv"
    )
    rows = pd.DataFrame(
        json.loads(
            run(
                "backtest", "--panel", path, "--horizon", 7, "--folds", 3, "--step", 7, "--models", "seasonal_naive",
                "--json",
            ).stdout
        )
    )  # fmt: skip
    assert rows.groupby("unique_id")["cutoff"].nunique().to_dict() == {"old": 3, "new": 2}


def test_names_days_and_numbers_of_a_panel(run, tmp_path: Path) -> None:
    """Names stay as they are, negative values are taken for 0 but shown, days may be numbers or have a time."""
    frame = long_panel({"007": ("2021-01-04", 60, 10.0), "NA": ("2021-01-04", 60, 20.0), "x/y": ("2021-01-04", 60, 5)})
    frame.loc[frame["ds"] == "2021-03-03", "y"] = -4.0
    plan = ("--horizon", 7, "--folds", 1, "--models", "seasonal_naive", "--json")
    result = run("backtest", "--panel", written(frame, tmp_path / "a.csv"), *plan)
    rows = pd.DataFrame(json.loads(result.stdout))
    assert rows["unique_id"].unique().tolist() == ["007", "NA", "x/y"]
    assert "Note: 3 values are negative; models take them for 0" in result.stderr
    assert (rows.loc[rows["ds"] == "2021-03-03", "y"] == -4.0).all()
    assert (rows["mean"] >= 0).all()
    for days in (frame["ds"].dt.strftime("%Y%m%d").astype(int), frame["ds"].dt.strftime("%Y-%m-%dT12:30:00")):
        other = run("backtest", "--panel", written(frame.assign(ds=days), tmp_path / "b.parquet"), *plan)
        assert json.loads(other.stdout) == json.loads(result.stdout)
    zoned = frame.assign(ds=frame["ds"].dt.tz_localize("Europe/Paris"), unique_id=frame["unique_id"].astype("category"))
    other = run("backtest", "--panel", written(zoned, tmp_path / "c.parquet"), *plan)
    assert json.loads(other.stdout) == json.loads(result.stdout)


def test_a_single_value_can_be_forecast_but_not_tested(run, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("unique_id,ds,y\na,2021-01-04,7\n")
    rows = json.loads(run("forecast", "--panel", path, "--horizon", 3, "--models", "seasonal_naive", "--json").stdout)
    assert [row["mean"] for row in rows] == [7.0, 7.0, 7.0]
    failed(run("backtest", "--panel", path, "--models", "seasonal_naive"), "a has 1 days, too few")


def test_forecast_of_a_panel_for_groups_that_end_on_different_days(run, tmp_path: Path) -> None:
    series = {"b": ("2021-01-04", 60, 10.0), "a": ("2021-01-04", 80, 50.0), "c": ("2021-01-04", 60, 90.0)}
    path = written(long_panel(series), tmp_path / "panel.csv")
    out = tmp_path / "ahead.parquet"
    assert run("forecast", "--panel", path, "--horizon", 9, "--models", "seasonal_naive", "--out", out).exit_code == 0
    rows = pd.read_parquet(out)
    assert list(rows.columns) == [name for name in OUT if name != "y"]
    assert rows["unique_id"].tolist() == ["b"] * 9 + ["a"] * 9 + ["c"] * 9
    assert rows.groupby("unique_id")["cutoff"].first().dt.strftime("%F").to_dict() == {
        "a": "2021-03-24", "b": "2021-03-04", "c": "2021-03-04",
    }  # fmt: skip
    inside = rows["lo95"].le(rows["lo80"]) & rows["lo80"].le(rows["mean"]) & rows["hi80"].le(rows["hi95"])
    assert inside.all()


def test_audit(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_PATH", str(write_shop(tmp_path / "shop.csv", 200)))
    run("prepare")
    plan = ("--horizon", 14, "--folds", 3, "--step", 14, "--models", "seasonal_naive,weekday_mean", "--audit")
    result = run("backtest", "--measure", "units", *plan, "--out", tmp_path / "t.csv")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("no leak") == 2
    certificate = json.loads((tmp_path / "t.csv.audit.json").read_text())
    assert certificate["passed"] is True
    assert certificate["models"]["weekday_mean"] == {"forecasts": 3 * 14 * 6, "folds": 3, "difference": ""}
    assert len(pd.read_csv(tmp_path / "t.csv")) == 2 * 3 * 14

    from core.models.seasonal_naive import SeasonalNaive

    plain = SeasonalNaive.backtest

    def leaky(model, panel, *arguments):
        frame = plain(model, panel, *arguments)
        return frame.assign(mean=frame["mean"] + panel.values.max()) if type(model) is SeasonalNaive else frame

    monkeypatch.setattr(SeasonalNaive, "backtest", leaky)
    series = {"a": ("2021-01-04", 80, 10.0), "b": ("2021-01-04", 100, 20.0)}
    path = written(long_panel(series), tmp_path / "panel.csv")
    result = run("backtest", "--panel", path, *plan)
    assert result.exit_code == 1
    assert "seasonal_naive" in result.stdout
    assert "LEAK: values after" in result.stdout
    result = run("backtest", "--panel", path, *plan, "--json")
    assert result.exit_code == 1
    certificate = json.loads(result.stdout)
    assert certificate["passed"] is False
    assert certificate["models"]["weekday_mean"]["difference"] == ""
    assert certificate["models"]["seasonal_naive"]["difference"] != ""


def test_a_large_panel_is_read_in_no_time(tmp_path: Path) -> None:
    """5,000 series × 60 days in seconds; measured against pandas' own reading, for a busy machine."""
    from core.commands.panels import read_panel_file

    days = pd.date_range("2021-01-04", periods=60)
    frame = pd.DataFrame(
        {"unique_id": [f"s{n}" for n in range(5000) for _ in days], "ds": list(days) * 5000, "y": 1.5, "promo": 0}
    )
    path = written(frame, tmp_path / "large.csv")
    started = time.perf_counter()
    pd.read_csv(path, parse_dates=["ds"])
    plain = time.perf_counter() - started
    file = read_panel_file(path)
    assert time.perf_counter() - started - plain < 2 + 5 * plain
    (panel,) = file.groups()
    assert panel.values.shape == (5000, 60)
    assert panel.series[4999].segment == "s4999"


def test_processes_start_from_the_command_line(tmp_path: Path) -> None:
    series = {f"s{number}": ("2021-01-04", 100, 10.0 * number) for number in range(1, 4)}
    path = written(long_panel(series), tmp_path / "panel.csv")
    env = {"DATA_DIR": str(tmp_path / "data"), "PATH": "/usr/bin:/bin"}
    command = [
        sys.executable, "-m", "core", "backtest", "--panel", str(path), "--horizon", "7", "--folds", "2", "--step", "7",
        "--models", "seasonal_naive,weekday_mean", "--workers", "2", "--json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=env, check=True)
    assert len(json.loads(done.stdout)) == 2 * 3 * 2 * 7
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("unique_id,ds\na,2021-01-01\n", ["no column y"]),
        ("unique_id,ds,y\na,yesterday,1\n", ["row 2", "column ds", "'yesterday'"]),
        ("unique_id,ds,y\na,2021-01-01,1\na,2021-01-02,lots\n", ["row 3", "column y", "'lots'"]),
        ("unique_id,ds,y\na,2021-01-01,1\na,2021-01-02,inf\n", ["row 3", "column y", "'inf'"]),
        ("unique_id,ds,y,promo\na,2021-01-01,1,yes\n", ["row 2", "column promo", "'yes'"]),
        ("unique_id,ds,y\na,2021-01-01,1\na,2021-01-01,2\n", ["row 3", "second row"]),
        ("unique_id,ds,y\na,2021-01-01,1\na,2021-01-01T09:00,2\n", ["row 3", "second row"]),
        ("unique_id,ds,y\na,2021-01-01,1\n,2021-01-02,2\n", ["row 3", "column unique_id", "missing"]),
        ("unique_id,ds,y\na,2021-02-30,1\n", ["row 2", "'2021-02-30'"]),
        ("unique_id,ds,y\na,1,1\na,2,1\n", ["row 2", "column ds", "'1' is not a day"]),
        ("unique_id,ds,y\na,2021-01-01,1\nb,2021-01-01,\nb,2021-01-02,\n", ["series b has no value"]),
        ("unique_id,ds,y\na,2021-01-01,\n", ["series a has no value"]),
        ("unique_id,ds,y\n", ["not one row"]),
        ("", ["is empty"]),
    ],
)
def test_bad_panel_files(run, tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "panel.csv"
    path.write_text(text)
    failed(run("backtest", "--panel", path, "--models", "seasonal_naive"), "panel.csv", *words)


def test_panel_files_that_are_none(run, tmp_path: Path) -> None:
    failed(run("backtest", "--panel", tmp_path / "no.csv"), "no such file")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 rubbish")
    failed(run("backtest", "--panel", tmp_path / "x.parquet"), "cannot be read")
    (tmp_path / "x.txt").touch()
    failed(run("backtest", "--panel", tmp_path / "x.txt"), ".csv or .parquet")


def test_a_wrong_setting_is_one_line(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RULES_ON", "magic")
    failed(run("train"), "RULES_ON", "magic")


def test_sigterm_leaves_the_job_interrupted_and_no_rubbish(tmp_path: Path) -> None:
    data = tmp_path / "data"
    env = {"DATA_DIR": str(data), "DATA_PATH": str(write_shop(tmp_path / "shop.csv", 600)), "PATH": "/usr/bin:/bin"}
    child = subprocess.Popen([sys.executable, "-m", "core", "bootstrap"], env=env, cwd=ROOT, stderr=subprocess.PIPE)
    for line in child.stderr:
        if b"Reading 3 daily series" in line:
            break
    child.terminate()
    assert child.wait(timeout=60) == 143
    child.stderr.close()
    from core.lifecycle.jobs import Jobs
    from core.state.engine import open_engine

    assert Jobs(open_engine(f"sqlite:///{data / 'tidemark.sqlite'}")).latest("train").state == "interrupted"
    assert list((data / "models" / "versions").iterdir()) == []


def test_help_is_quick() -> None:
    """Under 0.6 s on an idle machine; measured against bare Python, for a busy one."""

    def seconds(*arguments: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, cwd=ROOT, check=True)
        return time.perf_counter() - started

    assert min(seconds("-m", "core", "--help") for _ in range(3)) < 0.6 + 5 * min(seconds("-c", "") for _ in range(3))


def test_what_could_not_be_done_as_asked_is_said(run, tmp_path: Path) -> None:
    frame = long_panel({"old": ("2021-01-04", 90, 50.0), "new": ("2021-03-30", 5, 20.0)}).assign(promo=0.0)
    path = written(frame, tmp_path / "panel.csv")
    said = run("forecast", "--panel", path, "--horizon", 7, "--models", "gp", "--json").stderr
    assert "Note: promo is not known for all 7 days ahead of old, new;" in said
    assert "Note: gp, new: 5 observed days, 14 needed: mean of the last 13 same weekdays." in said
    plan = ("backtest", "--panel", path, "--horizon", 7, "--folds", 30, "--step", 7, "--models", "seasonal_naive")
    result = run(*plan, "--out", tmp_path / "b.csv")
    assert "Note: There are days for 8 of the 30 folds asked for." in result.stderr
    assert "relative: WAPE" in result.stdout


def test_a_panel_with_other_separators_or_without_content_says_so(run, tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    for content, said in (
        ("", "panel.csv: the file is empty"),
        ("unique_id;ds;y\na;2021-01-04;7\n", "columns are separated by ';', not by commas"),
        ("unique_id\tds\ty\na\t2021-01-04\t7\n", "columns are separated by '\\t', not by commas"),
    ):
        path.write_text(content)
        failed(run("forecast", "--panel", path), said)
