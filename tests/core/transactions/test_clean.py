"""The waterfall: every rule drops what its sentence says, in order, and it adds up."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.config import Config
from core.series.panel import Series
from core.transactions.load import prepare
from core.transactions.rules import RULE_IDS
from core.transactions.store import Generation
from tests.core.transactions.conftest import LINES, write_csv


def dropped(generation: Generation) -> dict[str, int]:
    return {count.id: count.dropped for count in generation.manifest.waterfall if count.dropped}


def test_every_rule_drops_what_it_says(load, tmp_path):
    generation = load(write_csv(tmp_path / "lines.csv"))
    assert generation.manifest.lines_in == len(LINES)
    assert dropped(generation) == {"duplicate": 1, "cancellation": 1, "quantity": 1, "price": 1, "customer": 1}
    assert generation.manifest.lines_out == 5
    assert [count.id for count in generation.manifest.waterfall] == list(RULE_IDS)
    for rule, invoice in {"duplicate": "1001", "cancellation": "C1003", "quantity": "1004", "price": "1005"}.items():
        examples = generation.examples(rule)
        assert examples["invoice"].tolist() == [invoice], rule


def test_lines_and_rejected_lines_are_all_there(load, tmp_path):
    generation = load(write_csv(tmp_path / "lines.csv"))
    kept = generation.query("SELECT invoice, product, amount::DOUBLE AS amount, seen FROM lines ORDER BY time, product")
    assert kept.to_pylist() == [
        {"invoice": "1001", "product": "A1", "amount": 5.0, "seen": 2},
        {"invoice": "1001", "product": "A2", "amount": 10.0, "seen": 1},
        {"invoice": "1002", "product": "A1", "amount": 10.0, "seen": 1},
        {"invoice": "1007", "product": "POST", "amount": 18.0, "seen": 1},
        {"invoice": "1008", "product": "A4", "amount": 12.0, "seen": 1},
    ]
    rejected = generation.query("SELECT rule, sum(seen)::INTEGER AS n FROM rejected GROUP BY rule").to_pylist()
    assert {row["rule"]: row["n"] for row in rejected} == dropped(generation)
    cube = generation.query(
        "SELECT rule, sum(lines)::INTEGER AS n FROM cube WHERE rule <> '' GROUP BY rule"
    ).to_pylist()
    assert {row["rule"]: row["n"] for row in cube} == dropped(generation)


def test_rules_can_be_switched(config, tmp_path):
    source = write_csv(tmp_path / "lines.csv")
    switched = dataclasses.replace(
        config, rules_on=frozenset({"product", "reversed"}), rules_off=frozenset({"customer"})
    )
    generation = prepare(switched, source)
    assert dropped(generation) == {
        "duplicate": 1, "cancellation": 1, "quantity": 1, "price": 1, "product": 1, "reversed": 1,
    }  # fmt: skip
    assert generation.examples("reversed")["product"].tolist() == ["A2"]
    assert {count.id: count.on for count in generation.manifest.waterfall}["customer"] is False


def test_duplicates_kept_on_request_but_overlap_never_counts_twice(config, tmp_path):
    folder = tmp_path / "two"
    folder.mkdir()
    write_csv(folder / "a.csv", LINES[:4])
    write_csv(folder / "b.csv", LINES[2:])
    keeping = dataclasses.replace(config, rules_off=frozenset({"duplicate"}))
    generation = prepare(keeping, folder)
    assert generation.manifest.lines_in == 12
    assert dropped(generation)["overlap"] == 2  # lines 3 and 4 stand in both files
    assert generation.manifest.lines_out == 6  # the repeated mug of a.csv counts twice, as it stands there twice
    assert generation.panel()[Series("units")].tolist() == [2 + 2 + 1 + 4, 0, 4]


def test_overlapping_files_equal_their_union(load, config, tmp_path):
    folder = tmp_path / "two"
    folder.mkdir()
    write_csv(folder / "a.csv", LINES[:7])
    write_csv(folder / "b.csv", LINES[3:])
    both = load(folder).panel()
    whole = prepare(Config(data_dir=tmp_path / "other"), write_csv(tmp_path / "whole.csv")).panel()
    assert both.series == whole.series
    assert (both.values == whole.values).all()


def test_an_invoice_number_with_c_is_no_cancellation_where_all_have_it(load, tmp_path):
    lines = [(f"C{line[0]}", *line[1:]) for line in LINES if not str(line[0]).startswith("C")]
    generation = load(write_csv(tmp_path / "lines.csv", lines))
    assert generation.manifest.lines_out == 5
    assert any("start with C" in note for note in generation.manifest.notes)


def reversed_slowly(events: list[tuple[str, int, int]]) -> Counter[str]:
    """The queue played line by line: a cancellation takes back the oldest earlier sale of its key."""
    open_sales: dict[str, list[int]] = {}
    taken: Counter[str] = Counter()
    for key, minute, sign in sorted(events, key=lambda event: (event[1], -event[2])):
        if sign > 0:
            open_sales.setdefault(key, []).append(minute)
        elif open_sales.get(key):
            open_sales[key].pop(0)
            taken[key] += 1
    return taken


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 40), st.sampled_from([1, -1])), min_size=1))
def test_reversed_sales_match_a_queue_played_by_hand(tmp_path_factory, events):
    folder = tmp_path_factory.mktemp("reversed")
    lines = [("9", "Z", "ANCHOR", 1, "2024-03-03 09:00:00", 1.0, "1", "France")]
    for number, (key, minute, sign) in enumerate(events):
        invoice = f"{'C' if sign < 0 else ''}{100 + number}"
        lines.append((invoice, key, "X", 2 * sign, f"2024-03-04 09:{minute:02d}:00", 1.5, "7", "France"))
    switched = Config(data_dir=folder / "data", rules_on=frozenset({"reversed"}))
    generation = prepare(switched, write_csv(folder / "lines.csv", lines))
    found = generation.query(
        "SELECT product, count(*) AS n FROM rejected WHERE rule = 'reversed' GROUP BY 1"
    ).to_pylist()
    assert {row["product"]: row["n"] for row in found} == dict(reversed_slowly(events))


@pytest.mark.reference
def test_reference_data_drop_exactly_what_is_known(reference_generation):
    manifest = reference_generation.manifest
    assert (manifest.lines_in, manifest.lines_out) == (1_067_371, 779_425)
    assert dropped(reference_generation) == {
        "duplicate": 34_335, "cancellation": 19_104, "quantity": 3_393, "price": 2_626, "customer": 228_488,
    }  # fmt: skip
    assert manifest.partial_day is not None
    assert manifest.partial_day.isoformat() == "2011-12-09"
    counts = reference_generation.query("SELECT count(*) AS n, sum(seen - 1) AS again FROM lines").to_pylist()[0]
    assert counts["n"] == 779_425


def test_no_line_left_says_which_rule_took_them(load, tmp_path):
    from core.errors import InputError

    with pytest.raises(InputError, match=r"leaves none of the 1 lines \(dropped by customer 1\)"):
        load(write_csv(tmp_path / "lines.csv", [LINES[7]]))


def test_file_without_customers_or_prices_still_works(load, tmp_path):
    path = write_csv(tmp_path / "lines.csv", [line[3:5] for line in LINES], ("Qty", "Sold at"))
    generation = load(path)
    assert generation.manifest.measures == ("transactions", "units")
    assert generation.manifest.segments == ("total",)
    assert Path(generation.path / "lines").is_dir()
