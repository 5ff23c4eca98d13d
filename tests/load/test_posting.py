"""Four clients post at once to the product with two workers, some batches twice, one worker is killed midway: what is
then in the store is what one load of the same lines gives.

TIDEMARK_POSTED says how many lines are posted; the default keeps the suite quick, 100000 is the full test.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue

import psutil
import pytest

from core.config import Config
from core.transactions.load import prepare
from core.transactions.store import Store
from tests.app.conftest import publish_version
from tests.app.test_processes import descendants, environment, free_port, get, gone, running, until
from tests.core.transactions.test_merge import NAMES, assert_same, lines_of, write

POSTED = int(os.environ.get("TIDEMARK_POSTED", "12000"))
BATCH, CLIENTS, TWICE = 1_000, 4, 0.2


@pytest.mark.timeout(600)
def test_every_accepted_line_is_in_the_data_once(tmp_path: Path) -> None:
    lines = lines_of(1, 3_000 + POSTED, 300)
    base, batches = lines[:3_000], [lines[start : start + BATCH] for start in range(3_000, len(lines), BATCH)]
    config, port = Config(data_dir=tmp_path / "data"), free_port()
    prepare(config, write(tmp_path / "base.csv", base))
    publish_version(config)
    env = environment(config.data_dir, port, WORKERS="2", DATA_PATH=str(tmp_path / "base.csv"))
    with running("gunicorn", "-c", "gunicorn.conf.py", env=env) as master:
        assert until(lambda: get(port, "/health/live")[0] == 200)
        accepted = post_all(port, batches, lambda: kill_a_worker(master.pid))
        assert len(accepted) == len(set(accepted.values())) == len(batches)
        store = Store(config.store_dir)
        assert until(lambda: store.current().manifest.posted == len(batches), 120)
        family = descendants(master)
        master.terminate()
        assert until(lambda: gone(family), 30)
    whole = prepare(Config(data_dir=tmp_path / "whole"), write(tmp_path / "whole.csv", lines))
    assert_same(store.current(), whole)


def post_all(port: int, batches: list[list[tuple[object, ...]]], midway: object) -> dict[int, int]:
    """Batch → its number, after every batch was accepted; a client sends again until it gets an answer."""
    queue: SimpleQueue[int] = SimpleQueue()
    dice, accepted, wrong = random.Random(2), {}, []
    for number in range(len(batches)):
        queue.put(number)
        if dice.random() < TWICE:
            queue.put(number)

    def client() -> None:
        while not wrong:
            try:
                number = queue.get_nowait()
            except Empty:
                return
            answer = post(port, f"batch {number}".replace(" ", "-"), batches[number])
            if answer is None or accepted.setdefault(number, answer) != answer:
                wrong.append((number, answer))

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    while len(accepted) < len(batches) // 2 and not wrong:
        time.sleep(0.01)
    midway()  # type: ignore[operator]
    for one in clients:
        one.join()
    assert wrong == []
    return accepted


def post(port: int, key: str, lines: list[tuple[object, ...]]) -> int | None:
    """The number of the batch; None if it is refused for good."""
    body = json.dumps({"lines": [dict(zip(NAMES, line, strict=True)) for line in lines]})
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(
                "POST", "/transactions", body, {"Content-Type": "application/json", "Idempotency-Key": key}
            )
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):  # the worker was killed: nobody knows whether it was kept
            time.sleep(0.05)
            continue
        finally:
            connection.close()
        if answer.status == 201:
            return int(json.loads(text)["batch"])
        if answer.status != 503:
            return None
        time.sleep(0.2)
    return None


def kill_a_worker(master: int) -> None:
    """The one whose child merges, if there is one already."""
    workers = psutil.Process(master).children()
    merging = [one for one in workers if any("merge" in child.cmdline() for child in one.children())]
    (merging or workers)[0].kill()
