"""Posted lines are merged exactly: in any split and order the result is that of one load of all lines in one file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import random
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.config import Config
from core.state.engine import open_engine
from core.transactions import load, outline
from core.transactions.counts import COUNTS_FILE
from core.transactions.load import prepare
from core.transactions.merge import merge
from core.transactions.posted import SCHEMA, Batch, Batches, digest_of
from core.transactions.segment_counts import SEGMENTS_FILE
from core.transactions.store import MANIFEST, Generation, Store
from tests.core.transactions.conftest import write_csv

NAMES = ("time", "quantity", "price", "invoice", "product", "description", "customer", "country")
START = dt.datetime(2023, 1, 2)

OFF: tuple[frozenset[str], ...] = (
    frozenset(), frozenset({"customer"}), frozenset({"duplicate"}), frozenset({"cancellation", "price"})
)  # fmt: skip

Line = tuple[Any, ...]


def lines_of(seed: int, count: int, days: int = 100) -> list[Line]:
    """Lines of a shop with all the dirt: repeats, cancellations, nothing where something should be, closed Sundays."""
    dice = random.Random(seed)
    found: list[Line] = []
    while len(found) < count:
        if found and dice.random() < 0.05:
            found.append(dice.choice(found))
            continue
        day = dice.randrange(days)
        if (START + dt.timedelta(days=day)).weekday() == 6:
            continue
        time = START + dt.timedelta(days=day, hours=dice.randrange(8, 18), minutes=dice.randrange(60))
        number = f"{'C' if dice.random() < 0.05 else ''}{1000 + 10 * day + dice.randrange(8)}"
        country = dice.choices(["United Kingdom", "France", "Eire", "Spain", None], [60, 20, 12, 5, 3])[0]
        found.append(
            (
                f"{time:%Y-%m-%d %H:%M:%S}", float(dice.choice([1, 2, 3, 6, 12, -1, 0, 2.5])),
                dice.choice([1.25, 0.1, 2.95, 0.0, 12.5, 1 / 3, None]), number, dice.choice(["A1", "B2", "POST", "M"]),
                dice.choice(["MUG", 'SIGN "OPEN"', None]), dice.choice([None, *map(str, range(500, 530))]), country,
            )
        )  # fmt: skip
    return found


def table_of(lines: Sequence[Line]) -> pa.Table:
    columns = list(zip(*lines, strict=True))
    times = pa.array(np.array(columns[0], "datetime64[us]"))
    return pa.table([times, *(pa.array(one, kind) for one, kind in zip(columns[1:], SCHEMA.types[1:], strict=True))],
                    schema=SCHEMA)  # fmt: skip


def post(config: Config, lines: Sequence[Line]) -> int:
    table = table_of(lines)
    key = f"test {zlib.crc32(repr(lines).encode())} {random.random()}"
    return Batches(open_engine(config.database)).accept(Batch(key, digest_of(table), table), "test").id


def write(path: Path, lines: Sequence[Line], header: Sequence[str] = NAMES) -> Path:
    def cell(value: Any) -> Any:
        return "" if value is None else repr(value) if isinstance(value, float) else value

    return write_csv(path, [[cell(value) for value in line] for line in lines], header)


def rows(generation: Generation, view: str) -> list[dict[str, Any]]:
    return generation.query(f"SELECT * FROM {view} ORDER BY ALL").to_pylist()


def assert_same(one: Generation, other: Generation, *, sources: bool = False) -> None:
    """Everything but where the lines came from and when they were loaded."""
    assert one.panel().series == other.panel().series
    assert one.panel().first_day == other.panel().first_day
    assert np.array_equal(one.panel().values, other.panel().values, equal_nan=True)
    for view in ("lines", "rejected", "cube"):
        assert rows(one, view) == rows(other, view), view
    for name in ("cube.parquet", COUNTS_FILE, SEGMENTS_FILE):
        assert (one.path / name).is_file() == (other.path / name).is_file()
        if (one.path / name).is_file():
            found, wanted = (pq.ParquetFile(each.path / name).read() for each in (one, other))
            assert found.schema.metadata == wanted.schema.metadata
            assert found.column_names == wanted.column_names
            assert all(found[column].equals(wanted[column]) for column in wanted.column_names), name
    left_out = {"id", "created_at", "seconds", "fingerprint", "loaded", "posted"} | (
        set() if sources else {"sources", "further_columns", "content"}
    )
    told = [
        {key: value for key, value in dataclasses.asdict(each.manifest).items() if key not in left_out}
        for each in (one, other)
    ]
    for each in told:
        each["notes"] = sorted(each["notes"])
    assert told[0] == told[1]
    shown = [each.query(f"SELECT rule, time, invoice, product FROM '{each.path / 'examples.parquet'}' ORDER BY ALL")
             for each in (one, other)]  # fmt: skip
    assert shown[0].to_pylist() == shown[1].to_pylist()


def split(lines: list[Line], dice: random.Random, parts: int) -> list[list[Line]]:
    cuts = sorted(dice.sample(range(1, len(lines)), parts - 1))
    return [lines[start:end] for start, end in zip([0, *cuts], [*cuts, len(lines)], strict=True)]


@pytest.mark.parametrize("seed", range(12))
def test_any_split_and_order_equals_one_load(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    lines = lines_of(seed, dice.choice([300, 900]), dice.choice([20, 70, 200]))
    if seed % 2:
        lines.sort(key=lambda line: line[0])  # as they come in life: one day after the other
    if seed % 3 == 0:
        dice.shuffle(lines)
    first, *batches = split(lines, dice, dice.choice([2, 5, 9]))
    off = [frozenset(), frozenset({"customer"}), frozenset({"duplicate"}), frozenset({"cancellation", "price"})][
        seed % 4
    ]
    on = frozenset({"reversed"}) if seed in (5, 6) else frozenset({"product"}) if seed == 8 else frozenset()
    config = Config(data_dir=tmp_path / "data", rules_off=off, rules_on=on)
    source = write(tmp_path / "first.csv", first)
    prepare(config, source)
    for number, batch in enumerate(batches):
        post(config, batch)
        if dice.random() < 0.6:
            merge(config)
            assert Store(config.store_dir).current().manifest.posted == number + 1
    merged = merge(config)
    whole = prepare(dataclasses.replace(config, data_dir=tmp_path / "whole"), write(tmp_path / "whole.csv", lines))
    assert_same(merged, whole)
    anew = Config(data_dir=tmp_path / "data", rules_off=off, rules_on=on)
    assert prepare(anew, source).id == merged.id  # nothing to do
    moved = write(tmp_path / "renamed.csv", first)
    assert prepare(anew, moved).id == merged.id  # another file with the same lines, beside the same batches


def as_it_was(config: Config, file: Path, monkeypatch: pytest.MonkeyPatch) -> Generation:
    """A store that an earlier version made of a file: without ``copies``."""
    with monkeypatch.context() as earlier:
        for module in (outline, load):
            earlier.setattr(module, "VERSION", 3)
        made = prepare(config, file)
    for one in [*(made.path / "lines").rglob("*.parquet"), *(made.path / "rejected").rglob("*.parquet")]:
        pq.write_table(pq.ParquetFile(one).read().drop_columns(["copies"]), one)
    manifest = json.loads((made.path / MANIFEST).read_text("utf-8"))
    del manifest["copies"]
    (made.path / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    found = Store(config.store_dir).current()
    assert found is not None
    assert not found.manifest.copies
    return found


def test_a_store_of_an_earlier_version_is_made_anew_from_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = lines_of(3, 400)
    file, config = write(tmp_path / "a.csv", lines), Config(data_dir=tmp_path / "old")
    old = as_it_was(config, file, monkeypatch)
    made = prepare(config, file)
    assert made.id != old.id
    assert made.manifest.copies
    assert_same(made, prepare(Config(data_dir=tmp_path / "new"), file), sources=True)
    assert prepare(config, file).id == made.id


def test_a_store_of_an_earlier_version_goes_on_without_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = lines_of(4, 500)
    file, config = write(tmp_path / "a.csv", lines[:400]), Config(data_dir=tmp_path / "old")
    as_it_was(config, file, monkeypatch)
    reference = Config(data_dir=tmp_path / "new")
    prepare(reference, file)
    for part in (lines[400:450], lines[450:]):
        post(config, part)
        post(reference, part)
        found = merge(config)
        assert not found.manifest.copies  # how often the file had its lines is not known, and never will be
        wanted = merge(reference)
        assert np.array_equal(found.panel().values, wanted.panel().values)
        seen = "SELECT time, invoice, product, seen, rule FROM rejected ORDER BY ALL"
        assert found.query(seen).equals(wanted.query(seen))
    assert set(found.manifest.seconds) == {"merge"}
    made = prepare(config, file)  # the file is there again
    assert made.manifest.copies
    assert_same(made, wanted)
