"""The command line, as a user or a script meets it."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from core.cli import main
from core.lifecycle.recipe import Recipe
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
    assert {"verdict", "reference", "current", "features"} == set(report)
    assert report["features"][0]["verdict"] in ("stable", "watch", "drift")
    assert "transactions" in run("monitor", "--days", 14).stdout
    failed(run("monitor", "--days", 500), "nothing before")
    failed(run("monitor", "--reference", "1999-01-01", "1999-02-01"), "does not lie in the data")


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("unique_id,ds\na,2021-01-01\n", ["no column y"]),
        ("unique_id,ds,y\na,yesterday,1\n", ["row 2", "column ds", "'yesterday'"]),
        ("unique_id,ds,y\na,2021-01-01,1\na,2021-01-02,lots\n", ["row 3", "column y", "'lots'"]),
        ("unique_id,ds,y\na,2021-01-01,1\na,2021-01-01,2\n", ["row 3", "second row"]),
        ("unique_id,ds,y\na,2021-01-01,\n", ["series a has no value"]),
        ("unique_id,ds,y\n", ["not one row"]),
        ("", ["cannot be read"]),
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
