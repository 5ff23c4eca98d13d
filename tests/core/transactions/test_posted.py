"""Batches are kept once and in order, every load has them, and what decides about all lines is decided anew."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.config import PROJECT_ROOT, Config
from core.errors import NotReadyError
from core.lifecycle import merging
from core.lifecycle.bootstrap import choose_source, prepare_source, sample_path
from core.state.engine import open_engine
from core.transactions.load import prepare
from core.transactions.merge import merge
from core.transactions.posted import Batch, Batches, KeyReusedError, batches_of, digest_of, from_parquet, to_parquet
from core.transactions.publish import KEEP
from core.transactions.store import Generation, Store
from tests.core.transactions.test_merge import Line, assert_same, post, table_of, write

DAY = dt.date(2023, 1, 2)


def line(day: int, hour: int = 10, number: str = "", country: str = "France", customer: str | None = "1") -> Line:
    moment = dt.datetime.combine(DAY + dt.timedelta(days=day), dt.time(hour))
    return (f"{moment:%Y-%m-%d %H:%M:%S}", 2.0, 1.5, number or f"{day}-{hour}", "A", None, customer, country)


def days(first: int, last: int, **more: str) -> list[Line]:
    """Five lines a day, from 9 to 17 o'clock."""
    return [line(day, hour, **more) for day in range(first, last + 1) for hour in (9, 11, 13, 15, 17)]


def merged(config: Config, base: list[Line], *batches: list[Line]) -> tuple[Generation, Generation]:
    """After merges of the batches one by one, and after one load of everything."""
    folder = config.data_dir.parent
    prepare(config, write(folder / "base.csv", base))
    for batch in batches:
        post(config, batch)
        merge(config)
    lines = [*base, *(one for batch in batches for one in batch)]
    whole = prepare(dataclasses.replace(config, data_dir=folder / "whole"), write(folder / "whole.csv", lines))
    current = Store(config.store_dir).current()
    assert current is not None
    return current, whole


def test_a_batch_is_kept_once_and_numbers_ascend(config: Config) -> None:
    batches = Batches(open_engine(config.database))
    tables = [table_of([line(day)]) for day in range(3)]
    made = [batches.accept(Batch(f"k{n}", digest_of(table), table), "me") for n, table in enumerate(tables)]
    assert made == [(1, True), (2, True), (3, True)]
    assert batches.accept(Batch("k1", digest_of(tables[1]), tables[1]), "me") == (2, False)
    with pytest.raises(KeyReusedError):
        batches.accept(Batch("k1", digest_of(tables[0]), tables[0]), "me")
    assert batches.find("k2", digest_of(tables[2])) == 3
    assert batches.find("other", "") is None
    assert batches.last_id() == 3
    assert batches.spans(2) == [(DAY + dt.timedelta(days=2),) * 2]
    ((number, table),) = batches.tables(1)
    assert (number, table.to_pylist()) == (3, [*tables[1].to_pylist(), *tables[2].to_pylist()])


def test_the_same_key_at_once_is_one_batch(config: Config) -> None:
    batches, table = Batches(open_engine(config.database)), table_of(days(0, 40))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: batches.accept(Batch("k", digest_of(table), table), "me"), range(8)))
    assert sorted(one.is_new for one in found) == [False] * 7 + [True]
    assert {one.id for one in found} == {1}


def test_content_survives_and_the_digest_knows_lines(config: Config) -> None:
    table = table_of([line(0), line(1, customer=None)])
    assert from_parquet(to_parquet(table)).equals(table)
    assert digest_of(table) == digest_of(from_parquet(to_parquet(table)))
    assert digest_of(table) != digest_of(table_of([line(1, customer=None), line(0)]))
    assert digest_of(table) != digest_of(table_of([line(0), line(1, customer="")]))


def test_looking_for_batches_makes_no_database(config: Config, tmp_path: Path) -> None:
    prepare(config, write(tmp_path / "a.csv", days(0, 3)))
    assert batches_of(config) is None
    assert not Path(config.database.removeprefix("sqlite:///")).exists()
    assert merge(config).manifest.posted == 0


def test_no_data_no_merge(config: Config) -> None:
    post(config, [line(0)])
    with pytest.raises(NotReadyError):
        merge(config)


def test_a_partial_day_is_whole_once_its_rest_has_come(config: Config) -> None:
    cut = [*days(0, 30), line(31, 9)]
    current, whole = merged(config, cut, days(31, 31)[1:], [line(32, 9)])
    assert_same(current, whole)
    assert current.manifest.partial_day == DAY + dt.timedelta(days=32)
    assert current.panel().values[0, -1] == 5


def test_a_whole_day_may_turn_out_to_be_partial(config: Config) -> None:
    """Earlier days get later lines: the last one, which ended like them, now ends early."""
    late = [line(day, 20) for day in range(30)]
    current, whole = merged(config, days(0, 30), late)
    assert_same(current, whole)
    assert current.manifest.partial_day == DAY + dt.timedelta(days=30)


def test_a_day_before_the_first_and_a_gap(config: Config) -> None:
    current, whole = merged(
        config, days(0, 5), days(-200, -199), days(90, 90), [line(80, customer=None)], days(300, 300)
    )
    assert_same(current, whole)
    assert current.manifest.first_day == DAY - dt.timedelta(days=200)


def test_a_customer_is_new_on_the_earliest_day(config: Config) -> None:
    base = [line(day, customer=str(day % 7)) for day in range(60)]
    current, whole = merged(
        config, base, [line(-40, customer="5"), line(2, 12, customer="59")], [line(1, 12, customer="6")]
    )
    assert_same(current, whole)


def test_invoice_numbers_that_mostly_start_with_c(config: Config) -> None:
    base, more = days(0, 10), [line(day, hour, f"C{day}{hour}") for day in range(11, 30) for hour in (9, 17)]
    assert_same(*merged(config, base, more[:30], more[30:], days(40, 60)))


def test_countries_change_places(config: Config) -> None:
    base = [*days(0, 20), *days(0, 10, country="Spain")]
    current, whole = merged(config, base, days(11, 40, country="Spain"), days(0, 39, country="Eire"))
    assert_same(current, whole)
    assert current.manifest.main_country == "Spain"


def test_files_with_columns_that_we_do_not_know(config: Config, tmp_path: Path) -> None:
    """Lines that only those tell apart stay two lines, and posted lines know each other."""
    names = ("time", "quantity", "price", "invoice", "product", "description", "customer", "country", "till")
    base = [(*one, till) for one in days(0, 40) for till in "ab"]
    source = write(tmp_path / "base.csv", base, names)
    before = prepare(config, source)
    assert before.manifest.further_columns
    post(config, days(40, 41))
    post(config, days(41, 41))
    current = merge(config)
    assert current.manifest.seconds.keys() == {"merge"}
    assert current.manifest.lines_out == len(base) + 10
    assert {one.id: one.dropped for one in current.manifest.waterfall}["duplicate"] == 5
    other = dataclasses.replace(config, data_dir=tmp_path / "other", database_url=config.database)
    assert_same(current, prepare(other, source), sources=True)


def test_lines_that_files_share_are_no_business_of_posted_ones(config: Config, tmp_path: Path) -> None:
    """With repeats kept, an overlap of files counts once and every posted line counts."""
    config = dataclasses.replace(config, rules_off=frozenset({"duplicate"}))
    folder = tmp_path / "files"
    folder.mkdir()
    write(folder / "a.csv", [*days(0, 5), line(5, 9)])
    write(folder / "b.csv", days(4, 8))
    first = prepare(config, folder)
    post(config, [line(5, 9), line(5, 9), line(4, 9)])
    post(config, [line(5, 9)])
    current = merge(config)
    assert current.manifest.lines_out == first.manifest.lines_out + 4
    other = dataclasses.replace(config, data_dir=tmp_path / "other", database_url=config.database)
    assert_same(current, prepare(other, folder), sources=True)
    assert prepare(config, folder).id == current.id


def test_every_load_has_what_was_posted(config: Config, tmp_path: Path) -> None:
    source = write(tmp_path / "a.csv", days(0, 20))
    prepare(config, source)
    post(config, days(21, 22))
    assert prepare(config, source).manifest.posted == 1  # the file is not read again
    assert Store(config.store_dir).current().manifest.seconds.keys() == {"merge"}
    post(config, days(23, 23))
    anew = prepare(config, write(tmp_path / "b.csv", days(5, 20)))
    assert (anew.manifest.posted, anew.manifest.lines_in) == (2, 5 * 19)
    assert {one.name: one.lines for one in anew.manifest.sources} == {"b.csv": 80, "posted": 15}
    post(config, days(24, 24))
    kept = choose_source(config)
    assert kept.kind == "kept"
    assert prepare_source(config, kept, lambda share, text: None).manifest.posted == 3


def test_the_sample_stays_the_sample(config: Config) -> None:
    sample_path(config).parent.mkdir(parents=True)
    prepare(config, write(sample_path(config), days(0, 20)))
    post(config, days(21, 22))
    merge(config)
    assert choose_source(config).kind == "sample"


def test_the_same_huge_line_three_times(config: Config) -> None:
    """Sums of repeats go beyond what a single line may have."""
    huge = ("2023-01-03 10:00:00", 999_999_999_999.0, 1.0, "1", "A", None, "1", "France")
    tiny = ("2023-01-03 10:00:00", 5e-324, 5e-324, "2", "A", None, "1", "France")
    assert_same(*merged(config, days(0, 5), [huge, huge, tiny], [huge]))


def test_a_generation_that_is_read_stays(config: Config, tmp_path: Path) -> None:
    prepare(config, write(tmp_path / "a.csv", days(0, 5)))
    reader = Store(config.store_dir).current()
    for day in range(6, 8 + KEEP):
        post(config, days(day, day))
        merge(config)
    assert reader.query("SELECT count(*) AS n FROM lines").to_pylist() == [{"n": 30}]
    folder = reader.path
    del reader
    post(config, days(50, 50))
    merge(config)
    assert not folder.exists()


def test_one_process_merges_and_leaves_when_idle(config: Config, tmp_path: Path) -> None:
    prepare(config, write(tmp_path / "a.csv", days(0, 5)))
    follower = threading.Thread(target=merging.follow, args=(config, 1.0))
    follower.start()
    for day in (6, 7):
        post(config, days(day, day))
        deadline = time.monotonic() + 60
        while merging.pending(config) and time.monotonic() < deadline:
            time.sleep(0.02)
    began = time.monotonic()
    merging.follow(config, 100.0)  # somebody does it: returns at once
    assert time.monotonic() - began < 1
    follower.join(30)
    assert not follower.is_alive()
    assert Store(config.store_dir).current().manifest.posted == 2


KILLED = (
    "import sys; from pathlib import Path; from core.config import Config; from core.lifecycle.merging import follow; "
)


@pytest.mark.timeout(240)
def test_kill_9_loses_nothing(config: Config, tmp_path: Path) -> None:
    base = days(0, 40)
    prepare(config, write(tmp_path / "base.csv", base))
    lines: list[Line] = []
    for turn in range(6):
        batch = days(41 + turn, 41 + turn)
        post(config, batch)
        lines += batch
        code = KILLED + f"print('ready', flush=True); follow(Config(data_dir=Path({str(config.data_dir)!r})))"
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT,
                                   env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)})  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.15 * turn)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    current = merge(config)
    whole = prepare(Config(data_dir=tmp_path / "whole"), write(tmp_path / "whole.csv", [*base, *lines]))
    assert_same(current, whole)
