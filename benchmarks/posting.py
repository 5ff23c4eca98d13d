"""Lines posted by four clients at once to the product with two workers: how many a second are accepted, how soon they
are part of the data, and what the web workers weigh."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

import pyarrow.parquet as pq

from benchmarks.harness import Row
from benchmarks.lifecycle import WORKER_MB, free_port, get, made_ready, serving, until, weights
from core.config import Config
from core.transactions.sample import write
from core.transactions.store import Store

CLIENTS, BATCH = 4, 1_000
LINES_A_SECOND, VISIBLE_SECONDS = 20_000, 2.0
NAMES = {"InvoiceDate": "time", "Quantity": "quantity", "Price": "price", "Invoice": "invoice", "StockCode": "product",
         "Description": "description", "Customer ID": "customer", "Country": "country"}  # fmt: skip


def run(*, quick: bool = False) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = Config(data_dir=folder / "data")
        base, bodies = parts(folder, 60_000 if quick else 300_000, 20_000 if quick else 100_000)
        port = free_port()
        own = {"DATA_DIR": str(config.data_dir), "DATA_PATH": str(base), "PORT": str(port), "WORKERS": "2"}
        env = {**os.environ, **own, "MODELS": "seasonal_naive"}
        made_ready(env)
        with serving(env):
            until(lambda: get(port, "/health/ready")[0] == 200, 300)
            yield from measured(config, port, bodies)


def parts(folder: Path, before: int, posted: int) -> tuple[Path, list[bytes]]:
    """A file with the first lines of generated data, and the others as batches, days mixed as they may come."""
    write(folder / "sample.parquet", before + posted)
    table = pq.read_table(folder / "sample.parquet").sort_by("InvoiceDate")
    base = folder / "base.parquet"
    pq.write_table(table.slice(0, before), base)
    rest = table.slice(before, posted).rename_columns([NAMES[name] for name in table.column_names]).to_pylist()
    for line in rest:
        line["customer"] = None if line["customer"] is None else str(line["customer"])
    return base, [body_of(rest[start : start + BATCH]) for start in range(0, len(rest), BATCH)]


def body_of(lines: Sequence[dict[str, object]]) -> bytes:
    """A batch as JSON; nothing is left out where there is no value."""
    return json.dumps(
        {"lines": [{key: value for key, value in line.items() if value is not None} for line in lines]}, default=str
    ).encode()


def measured(config: Config, port: int, bodies: list[bytes]) -> Iterator[Row]:
    store = Store(config.store_dir)
    waits = [visible_after(store, port, bodies.pop(0)) for _ in range(4)]
    yield Row("From the post of a batch to new data, the merging process to be started, seconds", f"{waits[0]:.2f} s",
              "", waits[0], None)  # fmt: skip
    waited = statistics.median(waits[1:])
    yield Row("… while it runs, median of 3, seconds", f"{waited:.2f} s", "", waited, VISIBLE_SECONDS)
    began = time.perf_counter()
    times = post_all(port, bodies)
    seconds = time.perf_counter() - began
    rate = BATCH * len(bodies) / seconds
    yield Row(f"{len(bodies) * BATCH:,} lines posted by {CLIENTS} clients, {LINES_A_SECOND:,} a second ÷ ours",
              f"{rate:,.0f} /s", "", LINES_A_SECOND / rate, 1.0)  # fmt: skip
    slow = statistics.quantiles(times, n=20)[-1]
    yield Row("… one batch of 1,000, 95th percentile, seconds", f"{slow:.3f} s", "", slow, None)
    began = time.perf_counter()
    until(lambda: store.current().manifest.posted == len(bodies) + 4, 120)  # type: ignore[union-attr]
    after = time.perf_counter() - began
    yield Row("… until the last of them is in the data, seconds", f"{after:.2f} s", "", after, VISIBLE_SECONDS)
    heaviest = max(weights(port))
    yield Row("… heaviest web worker after it, MB", f"{heaviest:.0f} MB", "", heaviest, WORKER_MB)


def visible_after(store: Store, port: int, body: bytes) -> float:
    """Seconds from the post to a generation that has it."""
    began = time.perf_counter()
    number = post(http.client.HTTPConnection("127.0.0.1", port, timeout=60), body)
    while store.current().manifest.posted < number:  # type: ignore[union-attr]
        time.sleep(0.01)
    return time.perf_counter() - began


def post(connection: http.client.HTTPConnection, body: bytes) -> int:
    """Number of the batch."""
    connection.request("POST", "/transactions", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 201, text[:500]
    return int(json.loads(text)["batch"])


def post_all(port: int, bodies: list[bytes]) -> list[float]:
    """Seconds of each batch."""
    queue: SimpleQueue[bytes] = SimpleQueue()
    for body in bodies:
        queue.put(body)
    times: list[float] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            try:
                body = queue.get_nowait()
            except Empty:
                return
            began = time.perf_counter()
            post(connection, body)
            times.append(time.perf_counter() - began)

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    assert len(times) == len(bodies)
    return times
