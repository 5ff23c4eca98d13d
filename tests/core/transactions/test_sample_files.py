"""Writing sample data: progress, all or nothing, clear refusals; and likeness to the published data."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from core.errors import InputError
from core.transactions import sample
from core.transactions.sample import baskets, blocks, catalogue, extras, files, returns, rhythm


def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    sample.write(tmp_path / "a.parquet", 300_000, on_progress=lambda part, text: seen.append((part, text)))
    parts = [part for part, _ in seen]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert "300,000 of 300,000" in seen[-1][1]


def test_a_failure_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")

    def broken(rows: int, seed: int) -> object:
        yield next(iter(blocks.tables(1_000, seed)))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "chunks", broken)
    with pytest.raises(InputError, match="No space left on device"):
        sample.write(target, 1_000)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("name", "rows", "seed", "message"),
    [
        ("a.txt", 10, 7, "not as '.txt'"),
        ("a", 10, 7, "not as 'a'"),
        ("a.csv", 0, 7, "between 1 and"),
        ("a.csv", -5, 7, "between 1 and"),
        ("a.csv", 10, -1, "seed"),
        ("a.xlsx", 1_048_576, 7, "1,048,575 lines"),
    ],
)
def test_refusals_are_clear_and_leave_nothing(tmp_path: Path, name: str, rows: int, seed: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        sample.write(tmp_path / name, rows, seed)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        sample.write(tmp_path / "a.csv", 10)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_spreadsheet_holds_the_same_lines(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    sample.write(tmp_path / "a.xlsx", 500)
    header, *lines = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    table = pa.concat_tables(list(sample.chunks(500)))
    assert header == table.schema.names
    assert [line[1] for line in lines] == table["StockCode"].to_pylist()
    assert [line[4] for line in lines] == table["InvoiceDate"].to_pylist()
    assert [line[5] for line in lines] == pytest.approx(table["Price"].to_pylist())


def test_memory_stays_bounded_over_many_blocks() -> None:
    """What one block hands to the next never exceeds its limit, at a size at which it is reached."""
    shop = blocks.business(60_000_000, 7)
    memory = blocks.Memory(returns.none())
    rng = np.random.default_rng(1)
    sizes = []
    for number in range(12):
        begin = 20_000_000 + number * blocks.BLOCK
        blocks._block(shop, memory, begin, begin + blocks.BLOCK, rng)
        sizes.append(len(memory.sales))
    assert max(sizes) <= returns.LIMIT
    assert shop.customers.ids.size <= 200_100


def test_no_sale_is_taken_back_twice_or_before_it_was_made() -> None:
    rng = np.random.default_rng(5)
    minute = np.sort(rng.integers(0, 50_000, 3_000))
    whole = np.arange(minute.size)
    sales = returns.Sales(minute, whole, whole, whole, whole * 1.0, whole, whole)
    when = np.sort(rng.integers(0, 50_000, 400))
    found = returns.choose(sales, when, np.zeros(400, dtype=np.int64), rng.random(400))
    kept = found[found >= 0]
    assert np.unique(kept).size == kept.size > 350
    assert (minute[kept] < when[found >= 0]).all()


@pytest.mark.parametrize("rows", [3_000, 100_000, 5_000_000])
def test_times_rise_through_every_day_and_match_their_inverse(rows: int) -> None:
    plan = rhythm.plan(rows, np.random.default_rng(2))
    assert int((plan.lines * plan.repeats).sum()) == rows
    for day in (0, 250, plan.days.size - 1):
        line = np.arange(plan.starts[day], plan.starts[day + 1])
        minute = plan.minute_of(np.full(line.size, day), line + 0.5)
        assert (np.diff(minute) >= 0).all()
        clock = minute - int(plan.days[day].astype(np.int64)) * 1440
        for asked in (9 * 60 + 15, 11 * 60, 12 * 60 + 30):
            expected = line[0] + int((clock < asked).sum())
            assert abs(plan.line_at(day, asked) - expected) <= 1


def test_popular_products_are_not_repeated_within_a_basket() -> None:
    goods = catalogue.build(np.random.default_rng(3))
    size = np.array([1, 900, 20, 3, 500])
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    found = blocks.goods.products(goods, start, size, np.full(5, 11), np.random.default_rng(4))
    for first, count in zip(start, size, strict=True):
        basket = found[first : first + count]
        assert np.unique(basket).size == count
        assert basket.min() >= 0
        assert basket.max() < len(goods.codes)


def test_codes_and_names_are_unique_and_extras_are_no_products() -> None:
    goods = catalogue.build(np.random.default_rng(9))
    assert len(set(goods.codes)) == len(set(goods.names)) == catalogue.PRODUCTS
    assert not set(goods.codes) & {one.code for one in extras.EXTRAS}
    assert baskets.cutter(rhythm.plan(10_000, np.random.default_rng(1)), ()).chance[-1] == pytest.approx(1.0)


@pytest.mark.reference
def test_hours_and_weekdays_are_those_of_the_published_data(reference_data: Path, tmp_path: Path) -> None:
    sample.write(tmp_path / "a.parquet", 400_000)
    with duckdb.connect() as connection:
        for part, closeness in (("hour", 0.02), ("isodow", 0.03)):
            shares = []
            for file in (tmp_path / "a.parquet", reference_data / "online_retail_II.parquet"):
                rows = connection.execute(
                    f"SELECT {part}(InvoiceDate), count(*) / sum(count(*)) OVER () "
                    f"FROM (SELECT DISTINCT * FROM '{file}') GROUP BY 1"
                ).fetchall()
                shares.append(dict(rows))
            ours, theirs = shares
            assert all(abs(ours.get(key, 0) - share) < closeness for key, share in theirs.items())
            assert set(ours) <= set(theirs)


@pytest.mark.reference
def test_quantities_and_prices_have_the_tails_of_the_published_data(reference_data: Path, tmp_path: Path) -> None:
    sample.write(tmp_path / "a.parquet", 400_000)
    sql = """SELECT quantile_cont(Quantity, [.25, .5, .75, .95, .99]), quantile_cont(Price, [.25, .5, .75, .95, .99])
             FROM (SELECT DISTINCT * FROM '{}') WHERE Quantity > 0 AND Price > 0 AND "Customer ID" IS NOT NULL"""
    with duckdb.connect() as connection:
        ours, theirs = (
            np.log(np.array(connection.execute(sql.format(file)).fetchone()))
            for file in (tmp_path / "a.parquet", reference_data / "online_retail_II.parquet")
        )
    assert np.abs(ours - theirs).max() < np.log(2)


@pytest.mark.reference
def test_names_are_our_own(reference_data: Path) -> None:
    goods = catalogue.build(np.random.default_rng(7))
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT DISTINCT upper(trim(Description)) FROM '{reference_data}/online_retail_II.parquet'"
        ).fetchall()
    assert not {name for (name,) in rows} & set(goods.names)
