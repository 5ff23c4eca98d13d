"""The generated sample data: exact, deterministic, and dirty at the rates of the published data."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.transactions import sample

ROWS = 400_000
BANK_HOLIDAYS = {  # as published on gov.uk for England and Wales, outside 24 December – 3 January; and Easter Sundays
    date(2024, 3, 29), date(2024, 3, 31), date(2024, 4, 1), date(2024, 5, 6), date(2024, 5, 27), date(2024, 8, 26),
    date(2025, 4, 18), date(2025, 4, 20), date(2025, 4, 21), date(2025, 5, 5), date(2025, 5, 26), date(2025, 8, 25),
}  # fmt: skip


@pytest.fixture(scope="module")
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    """Tables t (the lines in order, numbered by n) and d (distinct lines, with their number of copies)."""
    table = pa.concat_tables(list(sample.chunks(ROWS))).unify_dictionaries()
    with duckdb.connect() as connection:
        connection.register("source", table)
        connection.execute("CREATE TABLE t AS SELECT row_number() OVER () AS n, * FROM source")
        connection.execute("CREATE TABLE d AS SELECT * EXCLUDE n, count(*) AS copies, min(n) AS n FROM t GROUP BY ALL")
        yield connection


def one(db: duckdb.DuckDBPyConnection, sql: str) -> float:
    row = db.execute(sql).fetchone()
    assert row is not None
    return float(row[0])


@pytest.mark.parametrize("rows", [1, 2, 17, 1_000, 20_000, 131_073, 300_000])
def test_exactly_the_rows_asked_for(rows: int) -> None:
    tables = list(sample.chunks(rows))
    assert sum(table.num_rows for table in tables) == rows


@pytest.mark.parametrize(
    ("condition", "published"),
    [  # counts of Online Retail II, as documented with the data
        ("copies > 1", None),
        ("Invoice LIKE 'C%'", 19_104),
        ("Quantity > 0 AND Price > 0", 1_007_914),
        ('Quantity > 0 AND Price > 0 AND "Customer ID" IS NOT NULL', 779_425),
        ('"Customer ID" IS NULL', 235_151),
        ("Quantity <= 0", 22_496),
        ("Quantity <= 0 AND Invoice NOT LIKE 'C%'", 3_393),
        ("Price = 0", 6_014),
        ("Description IS NULL", 4_275),
        ("Country = 'United Kingdom'", 948_321),
        ("Country = 'Germany'", 17_339),
        ("Country = 'EIRE'", 17_667),
        ("StockCode = 'POST'", 2_086),
        ("StockCode = 'DOT'", 1_425),
        ("StockCode = 'M'", 1_387),
        ("StockCode = 'C2'", 277),
    ],
)
def test_shares_of_the_distinct_lines_are_those_of_the_published_data(
    db: duckdb.DuckDBPyConnection, condition: str, published: int | None
) -> None:
    distinct = one(db, "SELECT count(*) FROM d")
    if published is None:
        assert ROWS - distinct == pytest.approx(ROWS * 34_335 / 1_067_371, rel=0.1)
        return
    expected = distinct * published / 1_033_036
    # a tenth, or what chance does to the small ones (they come in clusters)
    assert one(db, f"SELECT count(*) FROM d WHERE {condition}") == pytest.approx(
        expected, rel=0.1, abs=4 * np.sqrt(expected)
    )


def test_lines_without_description_or_price_are_corrections_of_stock_without_customer(
    db: duckdb.DuckDBPyConnection,
) -> None:
    assert (
        one(db, 'SELECT count(*) FROM d WHERE Description IS NULL AND ("Customer ID" IS NOT NULL OR Price <> 0)') == 0
    )
    assert (
        one(
            db,
            """SELECT count(*) FROM d WHERE Quantity < 0 AND NOT starts_with(Invoice, 'C')
                      AND ("Customer ID" IS NOT NULL OR Price <> 0)""",
        )
        == 0
    )
    assert one(db, "SELECT count(*) FROM d WHERE starts_with(Invoice, 'C') AND Quantity >= 0") == 0


def test_no_trade_on_saturdays_holidays_and_between_the_years_and_trade_on_all_other_days(
    db: duckdb.DuckDBPyConnection,
) -> None:
    traded = {day for (day,) in db.execute("SELECT DISTINCT InvoiceDate::date FROM t").fetchall()}
    days = [date.fromordinal(n) for n in range(date(2023, 12, 1).toordinal(), date(2025, 12, 9).toordinal() + 1)]
    shutdown = {day for day in days if (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 3)}
    closed = {day for day in days if day.weekday() == 5} | BANK_HOLIDAYS | shutdown
    assert traded == set(days) - closed


def test_lines_and_invoice_numbers_follow_time_and_the_last_day_ends_early(db: duckdb.DuckDBPyConnection) -> None:
    backwards = "SELECT count(*) FROM (SELECT {0} < lag({0}) OVER (ORDER BY n) AS back FROM t) WHERE back"
    assert one(db, backwards.format("InvoiceDate")) == 0
    assert one(db, backwards.format("ltrim(Invoice, 'CA')::int")) == 0
    assert db.execute("SELECT max(InvoiceDate)::varchar FROM t").fetchone() == ("2025-12-09 12:50:00",)
    last = one(db, "SELECT count(*) FROM d WHERE InvoiceDate >= '2025-12-09'")
    before = one(db, "SELECT count(*) FROM d WHERE InvoiceDate::date = '2025-12-08'")
    assert 0 < last < 0.8 * before


def test_an_invoice_has_one_time_customer_and_country(db: duckdb.DuckDBPyConnection) -> None:
    mixed = """SELECT count(*) FROM (SELECT Invoice FROM t GROUP BY Invoice HAVING count(DISTINCT InvoiceDate) > 1
               OR count(DISTINCT Country) > 1 OR count(DISTINCT coalesce("Customer ID", 0)) > 1)"""
    assert one(db, mixed) == 0


def test_cancellations_take_back_earlier_sales(db: duckdb.DuckDBPyConnection) -> None:
    """In the published data 84 % of them match an earlier sale of the same customer and product."""
    matched = """
        SELECT avg((sold > 0)::int) FROM (
            SELECT c.n, count(s.n) AS sold FROM d c LEFT JOIN d s ON s."Customer ID" = c."Customer ID"
                AND s.StockCode = c.StockCode AND s.Price = c.Price AND s.n < c.n AND s.InvoiceDate <= c.InvoiceDate
                AND s.Quantity >= -c.Quantity
            WHERE starts_with(c.Invoice, 'C') GROUP BY c.n)"""
    assert one(db, matched) > 0.9


def test_an_absurd_order_is_cancelled_minutes_later(db: duckdb.DuckDBPyConnection) -> None:
    found = db.execute("""
        SELECT date_diff('minute', s.InvoiceDate, c.InvoiceDate), s.Quantity FROM d s JOIN d c
        ON c.Quantity = -s.Quantity AND c.StockCode = s.StockCode AND c."Customer ID" = s."Customer ID"
        WHERE s.Quantity > 70000 AND starts_with(c.Invoice, 'C') ORDER BY s.InvoiceDate""").fetchall()
    assert [minutes for minutes, _ in found] == [16, 12]
    assert all(70_000 < quantity < 90_000 for _, quantity in found)


def test_autumn_ramp_and_growth(db: duckdb.DuckDBPyConnection) -> None:
    rows = db.execute("""SELECT strftime(InvoiceDate, '%Y-%m'), count(*) / count(DISTINCT InvoiceDate::date)
                         FROM d GROUP BY 1""").fetchall()
    per_day = {month: float(lines) for month, lines in rows}
    for year in ("2024", "2025"):
        ramp = [per_day[f"{year}-{month}"] for month in ("08", "09", "10", "11")]
        assert ramp == sorted(ramp)
        assert ramp[-1] > 1.8 * ramp[0]
    both = [sum(per_day[f"{year}-{month:02d}"] for month in range(1, 12)) for year in (2024, 2025)]
    assert both[1] > both[0]


def test_days_are_alike_to_their_neighbours_beyond_season_and_weekday(db: duckdb.DuckDBPyConnection) -> None:
    rows = db.execute("""SELECT InvoiceDate::date, isodow(InvoiceDate), month(InvoiceDate), count(*) FROM d
                         WHERE InvoiceDate < '2025-12-09' GROUP BY 1, 2, 3 ORDER BY 1""").fetchall()
    weekday, month = (np.array([row[column] for row in rows]) for column in (1, 2))
    logs = np.log([row[3] for row in rows])
    effects = np.column_stack([weekday == n for n in range(1, 8) if n != 6] + [month == n for n in range(2, 13)])
    left = logs - effects @ np.linalg.lstsq(effects.astype(float), logs, rcond=None)[0]
    assert 0.1 < left.std() < 0.4
    assert np.corrcoef(left[1:], left[:-1])[0, 1] > 0.2


def test_few_customers_make_most_of_the_sales_and_many_come_once(db: duckdb.DuckDBPyConnection) -> None:
    orders = np.array(
        db.execute("""SELECT count(DISTINCT Invoice) FROM d WHERE "Customer ID" IS NOT NULL
        AND Quantity > 0 GROUP BY "Customer ID" ORDER BY 1 DESC""").fetchnumpy()["count(DISTINCT Invoice)"]
    )
    assert (orders == 1).mean() > 0.15
    assert orders[: orders.size // 10].sum() > 0.35 * orders.sum()
    assert np.median(orders) <= 4
    assert orders[0] > 100


def test_a_code_has_one_name_and_few_prices(db: duckdb.DuckDBPyConnection) -> None:
    named = """SELECT max(names), median(prices) FROM (SELECT count(DISTINCT Description) AS names,
        count(DISTINCT Price) AS prices FROM d WHERE Price > 0 AND regexp_matches(StockCode, '^[0-9]{5}[A-D]?$')
        AND "Customer ID" IS NOT NULL GROUP BY StockCode)"""
    names, prices = db.execute(named).fetchone() or (None, None)
    assert names == 1
    assert prices <= 4
    assert 2_500 < one(db, "SELECT count(DISTINCT StockCode) FROM d") < 5_000


@pytest.mark.parametrize("extension", ["csv", "parquet"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, extension: str) -> None:
    files = [tmp_path / f"{name}.{extension}" for name in "abc"]
    assert [sample.write(file, 150_000, seed) for file, seed in zip(files, (3, 3, 4), strict=True)] == [150_000] * 3
    first, second, other = (hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    assert first == second
    assert first != other
    assert sorted(tmp_path.iterdir()) == files


def test_the_catalogue_is_the_same_for_any_number_of_rows() -> None:
    def prices(rows: int) -> dict[str, str]:
        table = pa.concat_tables(list(sample.chunks(rows))).unify_dictionaries()
        codes, names = table["StockCode"].to_pylist(), table["Description"].to_pylist()
        return {
            code: name
            for code, name in zip(codes, names, strict=True)
            if code[:5].isdigit() and name and name.isupper()
        }

    few, many = prices(2_000), prices(50_000)
    shared = few.keys() & many.keys()
    assert len(shared) > 500
    assert all(few[code] == many[code] for code in shared)


def test_chunks_do_not_grow_with_the_rows() -> None:
    several = sample.chunks(100_000_000)
    sizes = [next(several).num_rows for _ in range(3)]
    assert max(sizes) <= 2 * 131_072


def test_csv_and_parquet_hold_the_same(tmp_path: Path) -> None:
    for name in ("a.csv", "a.parquet"):
        sample.write(tmp_path / name, 30_000)
    with duckdb.connect() as connection:
        csv = f"SELECT * REPLACE (Invoice::varchar AS Invoice) FROM read_csv('{tmp_path}/a.csv', all_varchar = false)"
        parquet = f"SELECT * FROM '{tmp_path}/a.parquet'"
        for left, right in ((csv, parquet), (parquet, csv)):
            assert connection.execute(f"SELECT count(*) FROM ({left} EXCEPT ALL {right})").fetchone() == (0,)
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert schema.field("Description").type == pa.string()
    assert schema.names == [
        "Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country",
    ]  # fmt: skip
