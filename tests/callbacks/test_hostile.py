"""Texts of users' data are text everywhere: in figures, sentences, exports, answers and logs."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Iterator

import dash
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from app import create_app
from app.settings import Settings
from callbacks import models, monitor_alerts
from callbacks.now import ready_of
from components.export import UNSEEN, csv_text, safe_cell
from core.cli import main
from core.config import Config
from core.lifecycle.recipe import Recipe
from core.lifecycle.training import train
from core.logs import OneLine, plain
from core.transactions.load import prepare
from tests import hostile

RUN = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("hostile")
    made = Config(data_dir=folder / "data")
    prepare(made, hostile.write_lines(folder / "raw"))
    version = train(made, recipe=Recipe(folds=2, models=("seasonal_naive", "weekday_mean")))
    logging.disable(logging.CRITICAL)  # what the jobs of these records report
    hostile.write_records(made, version.id)
    logging.disable(logging.NOTSET)
    return made


@pytest.fixture(scope="module")
def app(config: Config) -> dash.Dash:
    made = create_app(Settings(core=config, secret_key="a key for the tests"))
    assert made.server.test_client().get("/").status_code == 200
    return made


@pytest.fixture
def ready(app: dash.Dash) -> Iterator[str]:
    with app.server.test_request_context("/", headers={"Accept-Language": "fr"}):
        yield str(ready_of(app.server.extensions["tidemark"]))


@pytest.fixture
def client(app: dash.Dash) -> FlaskClient:
    return app.server.test_client()


SEGMENTS = [f"country:{one}" for one in hostile.COUNTRIES]


def test_every_hostile_country_is_a_segment(app: dash.Dash) -> None:
    version = app.server.extensions["tidemark"].registry.champion()
    assert {one.segment for one in version.series()} >= set(SEGMENTS)


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def exports(ready: str) -> Iterator[str]:
    yield monitor_alerts.download(1, ready, "all", "all", None)["content"]
    yield models.download_versions(1, ready)["content"]
    yield models.download_audit(1)["content"]


def test_exports_are_safe_in_a_spreadsheet(ready: str) -> None:
    for text in exports(ready):
        head, *body = rows(text)
        assert body
        assert {len(row) for row in body} == {len(head)}
        cells = [cell for row in body for cell in row]
        assert not [cell for cell in cells if UNSEEN.search(cell)]
        assert not [cell for cell in cells if cell.startswith(RUN) and not _is_number(cell)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_what_was_typed_is_in_the_export(ready: str) -> None:
    cells = {cell for row in rows(models.download_audit(1)["content"]) for cell in row}
    assert {hostile.SCRIPT, f"'{hostile.FORMULA}", safe_cell(hostile.TURNED)} <= cells


def test_the_api_answers_with_the_texts_themselves(client: FlaskClient) -> None:
    for country in hostile.COUNTRIES:
        asked = {"segment": f"country:{country}", "horizon": 3}
        answer = client.post("/predict", json=asked)
        assert answer.status_code == 200 or (country == hostile.LONG and answer.status_code == 422), answer.text[:300]
        if answer.status_code == 200:
            assert answer.mimetype == "application/json"
            assert answer.get_json()["segment"] == asked["segment"]
        table = client.post("/predict", json=asked, headers={"Accept": "text/csv"})
        if table.status_code == 200:
            assert not [cell for row in rows(table.text)[1:] for cell in row if cell.startswith(RUN[:6])]
    for path in ("/models", "/jobs", "/audit", "/monitoring/alerts", "/monitoring/silences", "/info", "/metrics"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.mimetype in ("application/json", "text/plain")


@pytest.mark.parametrize(
    "command",
    [["jobs", "list"], ["jobs", "show", "3"], ["alerts", "list"], ["alerts", "show", "1"], ["versions", "list"],
     ["versions", "audit"], ["alerts", "list", "--json"], ["versions", "audit", "--json"]],
)  # fmt: skip
def test_the_terminal_gets_nothing_to_obey(config: Config, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("DATA_DIR", str(config.data_dir))
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert not [one for one in done.output if one != "\n" and plain(one) != one]
    assert not [line for line in done.output.splitlines() if line.startswith("PWNED")]
    if command[-1] == "--json":
        assert hostile.SCRIPT[:60] in str(json.loads(done.output))


def test_a_log_entry_is_a_line() -> None:
    format_ = OneLine("%(levelname)s %(message)s").format
    record = logging.LogRecord("x", logging.ERROR, "x", 1, "of %s", (hostile.CONTROLS,), None)
    assert format_(record) == r"ERROR of a\x00b\x1b[2J\r\nPWNED line\u2028c\x9b31m"
    try:
        raise ValueError(hostile.CONTROLS)
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    first, *more = format_(record).splitlines()
    assert first.startswith("ERROR of ")
    assert more
    assert all(line.startswith("    ") for line in more)


def test_cells_say_what_they_hold() -> None:
    held = [-3, -2.5, None, float("nan"), True, "=1", " =1", "＝1", "-x", 'a,b\n"c"', "\u202ex"]
    (row,) = rows(csv_text(["a"] * len(held), [held]))[1:]
    assert row == ["-3", "-2.5", "", "", "yes", "'=1", "' =1", "'＝1", "'-x", r'a,b\n"c"', r"\u202ex"]
