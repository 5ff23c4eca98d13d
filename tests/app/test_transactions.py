"""POST /transactions: every form of a batch, once and only once, all or nothing, and every way to be refused."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.api.openapi import document
from app.api.schemas import Problem
from app.settings import Settings
from core.config import Config
from core.errors import DiskFullError
from core.lifecycle.merging import Starter
from core.state.engine import open_engine
from core.transactions.checked import faults_in, table_of
from core.transactions.load import prepare
from core.transactions.merge import merge
from core.transactions.posted import Batches
from core.transactions.staging import LINE_COLUMNS
from core.transactions.store import Store
from tests.app.test_openapi import schema_of
from tests.core.transactions.conftest import HEADER, LINES, write_csv

LINE = {"time": "2024-03-07T10:00:00", "quantity": 3, "price": 2.5, "invoice": "1009", "product": "A1",
        "description": "MUG, BLUE", "customer": "504", "country": "France"}  # fmt: skip


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Starter]]:
    """Nobody merges here by himself; the list tells how often somebody was asked to."""
    found: list[Starter] = []
    monkeypatch.setattr(Starter, "start", lambda starter: found.append(starter))
    return found


@pytest.fixture
def config(settings: Settings, tmp_path: Path) -> Config:
    prepare(settings.core, write_csv(tmp_path / "lines.csv"))
    return settings.core


@pytest.fixture
def shop(waiting: FlaskClient, config: Config) -> FlaskClient:
    """A client of an installation with ten lines of three days."""
    return waiting


def post(client: FlaskClient, lines: list[dict[str, Any]], **headers: str) -> Any:
    return client.post(
        "/transactions", json={"lines": lines}, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def problem(response: Any, status: int) -> list[tuple[str, str]]:
    """Checks the document; pairs of pointer and sentence."""
    assert response.status_code == status, response.get_data()
    assert response.content_type == "application/problem+json"
    found = Problem.model_validate_json(response.get_data())
    assert found.status == status
    assert "Traceback" not in found.detail
    return [(one.pointer, one.detail) for one in found.errors]


def kept(config: Config) -> list[dict[str, Any]]:
    return [line for _, table in Batches(open_engine(config.database)).tables() for line in table.to_pylist()]


def test_a_batch_is_kept_and_merged(shop: FlaskClient, config: Config, started: list[Starter]) -> None:
    response = post(shop, [LINE, {**LINE, "invoice": "1010"}])
    assert response.status_code == 201
    assert response.json == {"batch": 1, "lines": 2, "days": ["2024-03-07"], "replayed": False}
    assert len(started) == 1
    assert [line["invoice"] for line in kept(config)] == ["1009", "1010"]
    merged = merge(config)
    assert merged.manifest.last_day.isoformat() == "2024-03-07"
    assert merged.manifest.lines_in == len(LINES) + 2


def test_every_form_gives_the_same_batch(shop: FlaskClient, config: Config) -> None:
    lines = [LINE, {"time": "2024-03-07", "quantity": -1.5, "customer": ""}, {**LINE, "price": None}]
    texts = [dict.fromkeys(LINE, ""), *({k: "" if v is None else v for k, v in line.items()} for line in lines)][1:]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(LINE), restval="")
    writer.writeheader()
    writer.writerows(texts)
    ours = ("invoice", "product", "description", "quantity", "time", "price", "customer", "country")
    theirs = dict(zip(HEADER, ours, strict=True))
    table = io.StringIO()
    spelt = csv.writer(table)
    spelt.writerow(theirs)
    spelt.writerows([line.get(ours, "") for ours in theirs.values()] for line in texts)
    bodies = [
        (json.dumps({"lines": lines}), "application/json"),
        ("\n".join(json.dumps(line) for line in lines) + "\n\n", "application/x-ndjson"),
        (stream.getvalue(), "text/csv"),
        ("\ufeff" + table.getvalue(), "text/csv; charset=utf-8"),
    ]
    answers = [shop.post("/transactions", data=body.encode(), content_type=kind) for body, kind in bodies]
    assert [one.status_code for one in answers] == [201] * 4, [one.get_data() for one in answers]
    assert [one.json["replayed"] for one in answers] == [False, True, True, True]
    assert {one.json["batch"] for one in answers} == {1}
    assert kept(config)[1]["customer"] is None
    assert len(kept(config)) == 3


def test_a_key_stands_for_its_lines(shop: FlaskClient, config: Config) -> None:
    first = post(shop, [LINE], Idempotency_Key="monday")
    again = post(shop, [LINE], Idempotency_Key="monday")
    assert (first.json["batch"], again.json["batch"]) == (1, 1)
    assert (first.json["replayed"], again.json["replayed"]) == (False, True)
    assert problem(post(shop, [{**LINE, "price": 3}], Idempotency_Key="monday"), 409)
    assert post(shop, [LINE], Idempotency_Key="tuesday").json == {**first.json, "batch": 2}
    assert len(kept(config)) == 2
    for key in ("", "two words", "é", "x" * 201):
        assert problem(post(shop, [LINE], Idempotency_Key=key), 422)


def test_a_replay_is_answered_though_the_data_have_changed(shop: FlaskClient, config: Config, tmp_path: Path) -> None:
    assert post(shop, [LINE], Idempotency_Key="k").status_code == 201
    prepare(config, write_csv(tmp_path / "old.csv", [(*line[:4], "1999-03-04 09:15:00", *line[5:]) for line in LINES]))
    assert post(shop, [LINE], Idempotency_Key="k").json["replayed"] is True


FAULTY: list[tuple[dict[str, Any], str, str]] = [
    ({"quantity": "3"}, "/lines/1/quantity", "must be a number"),
    ({"quantity": True}, "/lines/1/quantity", "must be a number"),
    ({"quantity": None}, "/lines/1/quantity", "must be a number"),
    ({"quantity": 1e12}, "/lines/1/quantity", "must be from -999,999,999,999 to 999,999,999,999"),
    ({"price": -1e12}, "/lines/1/price", "must be from -999,999,999,999 to 999,999,999,999"),
    ({"quantity": 10_000_000, "price": 1e6}, "/lines/1/price", "quantity × price"),
    ({"time": "2024-03-07T10:00:00Z"}, "/lines/1/time", "without a zone"),
    ({"time": "2024-03-07\n"}, "/lines/1/time", "without a zone"),
    ({"time": "07/03/2024"}, "/lines/1/time", "without a zone"),
    ({"time": 1709805600}, "/lines/1/time", "must be a text"),
    ({"time": "2024-02-30"}, "/lines/1/time", "no such time"),
    ({"time": "2204-03-07"}, "/lines/1/time", "1900 to 2199"),
    ({"time": "2042-03-07"}, "/lines/1/time", "perhaps the year is mistyped"),
    ({"customer": 504}, "/lines/1/customer", "must be a text"),
    ({"product": "A\0"}, "/lines/1/product", "NUL"),
    ({"product": "A" * 501}, "/lines/1/product", "at most 500"),
    ({"shop": "Paris"}, "/lines/1/shop", "is not known here"),
]


@pytest.mark.parametrize(("change", "pointer", "said"), FAULTY)
def test_what_is_wrong_is_pointed_at_and_nothing_kept(
    shop: FlaskClient, config: Config, change: dict[str, Any], pointer: str, said: str
) -> None:
    found = problem(post(shop, [LINE, {**LINE, **change}]), 422)
    assert [one[0] for one in found] == [pointer]
    assert said in found[0][1]
    assert kept(config) == []


@pytest.mark.parametrize(("today", "good"), [("2024-03-07", True), ("2024-03-06", True), ("2024-03-05", False)])
def test_nothing_has_been_sold_in_days_ahead(shop: FlaskClient, config: Config, today: str, good: bool) -> None:
    """A year that is off by one would make a year of empty days; a day is left for clocks of other zones."""
    generation = Store(config.store_dir).current()
    assert generation is not None
    table, _ = table_of({**{name: [None] for name in LINE_COLUMNS}, "time": ["2024-03-07T23:59:59"], "quantity": [1.0]})
    assert table is not None
    faults = faults_in(table, generation, [], dt.date.fromisoformat(today))
    assert [(one.field, "lies ahead" in one.sentence) for one in faults] == ([] if good else [("time", True)])
    ahead = (dt.date.today() + dt.timedelta(days=3)).isoformat()
    lines = [{**LINE, "time": ahead}, {**LINE, "time": "1950-01-01"}, {**LINE, "quantity": 1e7, "price": 1e6}]
    found = problem(post(shop, lines), 422)  # each fault once
    assert [one[0] for one in found] == ["/lines/0/time", "/lines/1/time", "/lines/2/price"]


def test_a_compressed_body_is_refused(shop: FlaskClient, config: Config) -> None:
    answer = shop.post("/transactions", json={"lines": [LINE]}, headers={"Content-Encoding": "gzip"})
    assert "Content-Encoding" in problem(answer, 415)[0][1]
    assert kept(config) == []


def test_every_fault_is_listed_up_to_a_hundred(shop: FlaskClient) -> None:
    lines = [{**LINE, "quantity": "x"} if n % 2 else {**LINE, "time": "yesterday"} for n in range(6)]
    assert [one[0] for one in problem(post(shop, lines), 422)] == [
        f"/lines/{n}/{'quantity' if n % 2 else 'time'}" for n in range(6)
    ]
    response = post(shop, [{**LINE, "quantity": "x"}] * 150)
    assert len(problem(response, 422)) == 100
    assert "149 more; 100 are listed" in response.json["detail"]


def test_columns_that_the_data_lack_are_refused(waiting: FlaskClient, settings: Settings, tmp_path: Path) -> None:
    """One customer would make the rule look for customers in all lines."""
    path = tmp_path / "few.csv"
    path.write_text("time,quantity\n2024-03-04 10:00,1\n2024-03-05 10:00,1\n")
    prepare(settings.core, path)
    found = problem(post(waiting, [{"time": "2024-03-06", "quantity": 1, "customer": "1"}]), 422)
    assert found == [("/lines/0/customer", "the data of this installation have no customer; leave it out "
                      "(they have quantity, time)")]  # fmt: skip
    assert post(waiting, [{"time": "2024-03-06", "quantity": 1, "price": None}]).status_code == 201
    assert merge(settings.core).manifest.measures == ("transactions", "units")


def test_a_far_day_is_known_by_what_was_posted_before(shop: FlaskClient) -> None:
    assert problem(post(shop, [{**LINE, "time": "2022-06-01"}]), 422)
    assert post(shop, [{**LINE, "time": "2023-02-01"}]).status_code == 201
    assert post(shop, [{**LINE, "time": "2022-06-01"}]).status_code == 201
    assert post(shop, [{**LINE, "time": "2020-06-01"}, {**LINE, "time": "2021-05-01"}]).status_code == 201


def on(*days: str) -> list[dict[str, Any]]:
    return [{**LINE, "time": day} for day in days]


def test_a_day_long_after_all_others_is_refused(shop: FlaskClient, config: Config) -> None:
    """The data end on 2024-03-06; 62 days later it is 2024-05-07."""
    ((pointer, sentence),) = problem(post(shop, on("2024-03-07", "2024-06-01")), 422)
    assert pointer == "/lines/1/time"
    assert sentence == (
        "this is 86 days after the last day known (2024-03-07); at most 62 are taken, as all days between would count "
        "as days without a sale: send the days between first, or load them as a file"
    )
    assert [one[0] for one in problem(post(shop, on("2025-09-01", "2024-05-08")), 422)] == [
        "/lines/0/time",  # once, though it is more than 400 days away, too
        "/lines/1/time",
    ]
    assert "2024-03-06" in problem(post(shop, on("2024-05-08")), 422)[0][1]
    assert kept(config) == []
    assert post(shop, on("2024-05-07")).status_code == 201


def test_batches_that_wait_and_days_of_the_same_batch_bridge(shop: FlaskClient, config: Config) -> None:
    assert post(shop, on("2024-07-01", "2024-05-01")).status_code == 201
    assert "(2024-07-01)" in problem(post(shop, on("2024-09-02")), 422)[0][1]
    assert post(shop, on("2024-09-01")).status_code == 201
    merge(config)
    assert post(shop, on("2024-11-01")).status_code == 201
    assert post(shop, on("2024-01-01", "2023-06-01")).status_code == 201  # backwards there is more time


@pytest.mark.parametrize(("pause", "good", "bad"), [(100, 100, 101), (30, 62, 63), (500, 400, 401)])
def test_the_longest_pause_of_the_data_is_no_mistake(
    waiting: FlaskClient, settings: Settings, tmp_path: Path, pause: int, good: int, bad: int
) -> None:
    days = [dt.date(2021, 3, 1) + dt.timedelta(days=n) for n in (0, 1, pause + 1, pause + 2)]
    path = tmp_path / "pause.csv"
    path.write_text("time,quantity\n" + "".join(f"{day} 10:00,{n}\n" for day in days for n in range(1, 9)))
    prepare(settings.core, path)
    lines = [{"time": str(days[-1] + dt.timedelta(days=n)), "quantity": 1} for n in (good, bad)]
    ((_, sentence),) = problem(post(waiting, lines[1:]), 422)
    assert f"at most {good} are taken" in sentence
    assert post(waiting, lines[:1]).status_code == 201


BODIES = [
    (b"{", "application/json", 400),
    (b'{"lines": [', "application/json", 400),
    (b'{"lines": []}', "application/json", 422),
    (b"{}", "application/json", 422),
    (b"[]", "application/json", 422),
    (b'{"lines": [{"time": "2024-03-07", "quantity": NaN}]}', "application/json", 422),
    (b'{"lines": [{"time": "2024-03-07", "quantity": 1e999}]}', "application/json", 422),
    (b'{"time": "2024-03-07", "quantity": 1}\n{"time"\n', "application/x-ndjson", 400),
    (b'{"time": "2024-03-07", "quantity": 1},{}', "application/x-ndjson", 400),
    (b'{}],[{"a": 1}', "application/x-ndjson", 400),
    (b"3\n", "application/x-ndjson", 422),
    (b"", "application/x-ndjson", 422),
    (b"", "text/csv", 400),
    (b"time,quantity\n", "text/csv", 422),
    (b"time,quantity\n2024-03-07\n", "text/csv", 422),
    (b"time,quantity\n2024-03-07,1_0\n", "text/csv", 422),
    (b"time,quantity\n2024-03-07,nan\n", "text/csv", 422),
    (b"time,quantity\n2024-03-07,\n", "text/csv", 422),
    (b"time,quantity,colour\n2024-03-07,1,red\n", "text/csv", 422),
    (b"time,date,quantity\n2024-03-07,2024-03-07,1\n", "text/csv", 422),
    (b"time,quantity\n\xff,1\n", "text/csv", 400),
    (b'time,quantity\n"2024-03-07,1\n', "text/csv", 400),
    (b"time=1", "application/x-www-form-urlencoded", 415),
    (b"", "", 415),
    (b" " * (8 * 2**20 + 1), "application/json", 413),
]


@pytest.mark.parametrize(("body", "kind", "status"), BODIES)
def test_what_cannot_be_read_is_a_problem(
    shop: FlaskClient, config: Config, body: bytes, kind: str, status: int
) -> None:
    problem(shop.post("/transactions", data=body, content_type=kind), status)
    assert kept(config) == []


def test_too_many_lines_are_refused(shop: FlaskClient) -> None:
    line = {"time": "2024-03-07", "quantity": 1}
    assert problem(post(shop, [line] * 10_001), 422)[0][0] == "/lines"
    body = "\n".join([json.dumps(line)] * 10_001)
    assert problem(shop.post("/transactions", data=body, content_type="application/x-ndjson"), 422)[0][0] == "/lines"


def test_not_ready_without_data(waiting: FlaskClient) -> None:
    response = post(waiting, [LINE])
    problem(response, 503)
    assert response.headers["Retry-After"]


def test_a_full_disk_says_that_the_batch_is_to_be_sent_again(
    shop: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskFullError

    monkeypatch.setattr(Batches, "accept", full)
    problem(post(shop, [LINE]), 503)


def test_a_batch_is_kept_though_nobody_can_be_started(
    shop: FlaskClient, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No memory for a process, or no room for its lock: the scheduler tries again."""

    def no_process(_: Starter) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(Starter, "start", no_process)
    assert post(shop, [LINE]).json == {"batch": 1, "lines": 1, "days": ["2024-03-07"], "replayed": False}
    assert len(kept(config)) == 1
    assert "the scheduler will try again" in caplog.text


def test_a_query_and_other_methods_are_refused(shop: FlaskClient) -> None:
    assert problem(shop.post("/transactions?x=1", json={"lines": [LINE]}), 422)[0][0] == "/x"
    problem(shop.get("/transactions"), 405)
    problem(shop.get("/transactions/1"), 404)


def test_answers_fit_their_schema(shop: FlaskClient) -> None:
    schema_of(document(), "BatchResponse").validate(post(shop, [LINE]).json)


@pytest.mark.parametrize(
    "line",
    [LINE, {"time": "2024-03-07", "quantity": 3}, {"time": "2024-03-07 08:00", "quantity": 3.0, "price": None},
     {"quantity": 3}, {"time": "2024-03-07"}, {"time": "2024-03-07T24:00", "quantity": 3},
     {"time": "2024-3-7", "quantity": 3}, {"time": "٢024-03-07", "quantity": 3},
     *({**LINE, **one} for one, *_ in FAULTY[:5])],
    ids=str,
)  # fmt: skip
def test_schema_and_server_agree_on_lines(shop: FlaskClient, line: dict[str, Any]) -> None:
    accepted = schema_of(document(), "TransactionBatch").is_valid({"lines": [line]})
    assert post(shop, [line]).status_code == (201 if accepted else 422)


def test_a_failed_merge_shows_in_health(shop: FlaskClient, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is over with the next one that succeeds."""
    from core.lifecycle import merging

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    assert post(shop, [LINE]).status_code == 201
    with monkeypatch.context() as patch:
        patch.setattr("core.transactions.merge.write_generation", broken)
        assert not merging._try(config, 0)
        assert not merging._try(config, 1)
    problems = shop.get("/health").json["problems"]
    assert len(problems) == 1
    assert "merge job failed: The disk is full" in problems[0]
    assert merging.pending(config)
    assert merging._try(config, 2)
    assert shop.get("/health").json["problems"] == []
    assert not merging.pending(config)
