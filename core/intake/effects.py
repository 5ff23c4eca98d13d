"""What each cleaning rule does, and what switching it would change, from one count of the lines by all that fits them.

Lines are grouped by the set of rules that would drop them, so that the waterfall of any switches follows without
looking at a line again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import duckdb

from core.intake.facts import RuleEffect
from core.transactions.clean import mark
from core.transactions.outline import MOSTLY
from core.transactions.rules import RULES, Rule
from core.transactions.workspace import scalar

Sets = Mapping[frozenset[str], int]
"""Set of rules that would drop a line → how many lines."""


class Waterfall(NamedTuple):
    """Lines that each rule takes, in order, and those that are left."""

    dropped: dict[str, int]
    lines_out: int


def effects(connection: duckdb.DuckDBPyConnection, columns: Collection[str], on: Collection[str]) -> list[RuleEffect]:
    """Of the lines in ``raw``, which have these columns, with the rules ``on``; ends with the views of ``mark``."""
    possible = [rule for rule in RULES if set(columns).issuperset(rule.needs)]
    known = {rule.id for rule in possible}
    asked = known & set(on)
    lines_in = int(scalar(connection, "SELECT count(*) FROM raw"))
    by_duplicate = {one: _sets(connection, possible, one) for one in (True, False)}

    def out(rules: Collection[str]) -> Waterfall:
        return waterfall(by_duplicate["duplicate" in rules], rules, lines_in)

    now = out(asked)
    return [
        RuleEffect(
            rule.id,
            rule.id in asked,
            rule.id in known,
            now.dropped.get(rule.id, 0),
            out(asked ^ {rule.id}).lines_out if rule.id in known else None,
        )
        for rule in RULES
    ]


def waterfall(sets: Sets, on: Collection[str], lines_in: int) -> Waterfall:
    """``sets``: of the lines that are looked at with or without the rule ``duplicate``, as ``on`` says."""
    order = [rule.id for rule in RULES if rule.id in on and rule.id != "duplicate"]
    found = _dropped(sets, order)
    total = sum(sets.values())
    if total and found.get("cancellation", 0) > MOSTLY * total:  # the C is how this business numbers its invoices
        found = _dropped(sets, [one for one in order if one != "cancellation"])
    lines_out = total - sum(found.values())
    return Waterfall({"duplicate": lines_in - total if "duplicate" in on else 0, **found}, lines_out)


def _dropped(sets: Sets, order: Sequence[str]) -> dict[str, int]:
    found = dict.fromkeys(order, 0)
    for rules, lines in sets.items():
        first = next((one for one in order if one in rules), None)
        if first is not None:
            found[first] += lines
    return found


def _sets(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], duplicate: bool) -> dict[frozenset[str], int]:
    tested = [rule for rule in rules if rule.id != "duplicate"]
    view = mark(connection, {rule.id for rule in tested} | ({"duplicate"} if duplicate else set()))
    flags = " + ".join(f"if({rule.predicate}, {1 << place}, 0)" for place, rule in enumerate(tested))
    rows = connection.execute(f"SELECT {flags} AS flags, count(*) FROM {view} GROUP BY flags").fetchall()
    return {frozenset(rule.id for place, rule in enumerate(tested) if bits >> place & 1): count for bits, count in rows}
