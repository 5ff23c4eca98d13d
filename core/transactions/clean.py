"""From ``raw`` to distinct lines, each with the rule that drops it, and the counts that everything else is made of.

Duplicates are found in two cheap steps: a 64-bit hash of every line tells which lines *may* be repeated (few), and
among those time, quantity and price must agree as well, so that two different lines are never taken for one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.transactions.rules import RULE_IDS, RULES, Rule
from core.transactions.workspace import scalar

KEPT = ""
"""What stands in the column ``rule`` of a line that no rule drops."""

OVERLAP = "overlap"
"""Rule id of lines that stand in two files or sheets where the rule ``duplicate`` is switched off."""

POSTED_SOURCE = 65_535
"""Number of the source of all lines that came over HTTP; files and sheets have lower ones."""

KEYS_AT_ONCE = 25_000_000


@dataclass(frozen=True, slots=True)
class RuleCount:
    """One step of the waterfall: how many lines a rule dropped, after the rules before it."""

    id: str
    dropped: int
    on: bool


def clean(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> None:
    """Makes the view ``ruled`` (lines with day, hour, amount and ``rule``), ``repeats`` and the table ``baskets``.

    ``ruled`` has every distinct line once, under the row number ``line`` of ``raw``. ``repeats`` says of those that
    were read several times how often (``seen``), and how often the one file or sheet has them that repeats them most
    (``copies``). Where the rule ``duplicate`` is off, a line stands ``copies`` times, so that overlaps of files never
    count twice; lines that were posted overlap with nothing, because a batch is taken once. ``baskets``: day, hour,
    country, rule, invoice, customer → lines, units, amount, last_time. Sums are decimal and therefore do not depend on
    the order of the lines.
    """
    on = {rule.id for rule in rules}
    source = mark(connection, on)
    reversal = ", reversal" if "reversed" in on else ""
    names = ", ".join(f"'{name}'" for name in (KEPT, *RULE_IDS, OVERLAP))
    cases = " ".join(f"WHEN {rule.predicate} THEN '{rule.id}'" for rule in rules if rule.id != "duplicate")
    connection.execute(
        f"""CREATE OR REPLACE VIEW ruled AS
            SELECT * EXCLUDE (source{reversal}), time::DATE AS day, hour(time)::TINYINT AS hour,
                   (quantity * price)::DECIMAL(18, 6) AS amount,
                   (CASE {cases or "WHEN false THEN ''"} ELSE '' END)::ENUM({names}) AS rule
            FROM {source}"""
    )
    connection.execute(
        """CREATE OR REPLACE TABLE baskets AS
           SELECT hour_start::DATE AS day, hour(hour_start)::TINYINT AS hour, * EXCLUDE (hour_start)
           FROM (SELECT date_trunc('hour', time) AS hour_start, country, rule, invoice, customer, count(*) AS lines,
                        sum(quantity::DECIMAL(18, 6)) AS units, sum(amount) AS amount, max(time) AS last_time
                 FROM ruled GROUP BY ALL)"""
    )


def mark(connection: duckdb.DuckDBPyConnection, on: Collection[str]) -> str:
    """Makes ``repeats`` and the view of distinct lines, with ``reversal`` where the rule ``reversed`` is among ``on``;
    returns the name of the view."""
    _find_repeats(connection)
    again = "" if "duplicate" in on else "LEFT JOIN repeats ON repeats.line = raw.rowid, range(coalesce(copies, 1))"
    connection.execute(
        f"""CREATE OR REPLACE VIEW distinct_lines AS
            SELECT raw.*, raw.rowid AS line FROM raw ANTI JOIN extras ON extras.line = raw.rowid {again}"""
    )
    if "reversed" not in on:
        return "distinct_lines"
    _mark_reversals(connection)
    return "marked_lines"


def _find_repeats(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes ``repeats`` (the first of each group of equal lines, with its counts) and ``extras`` (all others)."""
    repeated = pa.table({"key": _repeated_keys(connection)})
    connection.register("repeated", repeated)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE candidates AS
           SELECT raw.rowid AS line, key, source, time, quantity, price FROM raw SEMI JOIN repeated USING (key)"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE repeats AS
           SELECT min(line) AS line, sum(n)::INTEGER AS seen,
                  (coalesce(max(n) FILTER (source <> {POSTED_SOURCE}), 0)
                   + coalesce(max(n) FILTER (source = {POSTED_SOURCE}), 0))::INTEGER AS copies
           FROM (SELECT key, time, quantity, price, source, min(line) AS line, count(*) AS n
                 FROM candidates GROUP BY ALL)
           GROUP BY key, time, quantity, price"""
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE extras AS SELECT line FROM candidates ANTI JOIN repeats USING (line)"
    )


def _repeated_keys(connection: duckdb.DuckDBPyConnection) -> npt.NDArray[np.uint64]:
    """Keys that stand in ``raw`` more than once: numpy's vectorised sort beats a hash table of all keys threefold.

    At most about KEYS_AT_ONCE keys are in memory, one residue class after the other.
    """
    parts = -(-int(scalar(connection, "SELECT count(*) FROM raw")) // KEYS_AT_ONCE)
    found = []
    for part in range(parts):
        where = f"WHERE key % {parts} = {part}" if parts > 1 else ""
        keys = np.concatenate(
            [
                chunk.to_numpy()
                for chunk in connection.sql(f"SELECT key FROM raw {where}").to_arrow_table()["key"].chunks
            ]
        )
        keys.sort()
        found.append(np.unique(keys[1:][keys[1:] == keys[:-1]]))
    return np.concatenate(found) if found else np.empty(0, np.uint64)


def waterfall(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> tuple[int, list[RuleCount], int]:
    """(lines in, what each rule dropped in order, lines out); it adds up by construction of the counts."""
    on = {rule.id for rule in rules}
    lines_in = int(scalar(connection, "SELECT count(*) FROM raw"))
    repeats = int(scalar(connection, "SELECT coalesce(sum(seen - 1), 0) FROM repeats"))
    overlap = int(scalar(connection, "SELECT coalesce(sum(seen - copies), 0) FROM repeats"))
    dropped: Mapping[str, int] = dict(
        connection.execute("SELECT rule, sum(lines)::BIGINT FROM baskets GROUP BY rule").fetchall()
    )
    counts = []
    for rule in RULES:
        if rule.id == "duplicate":
            counts.append(RuleCount(rule.id, repeats if rule.id in on else 0, rule.id in on))
            if rule.id not in on and overlap:
                counts.append(RuleCount(OVERLAP, overlap, True))
        else:
            counts.append(RuleCount(rule.id, dropped.get(rule.id, 0), rule.id in on))
    lines_out = dropped.get(KEPT, 0)
    assert lines_in - sum(count.dropped for count in counts) == lines_out
    return lines_in, counts, lines_out


def _mark_reversals(connection: duckdb.DuckDBPyConnection) -> None:
    """Adds ``reversal``: true for sales that a later cancellation takes back in full.

    Among the lines of one customer, product, quantity and price, sales and cancellations form a queue: a
    cancellation takes back the oldest sale not yet taken back, and one without an earlier sale takes back nothing.
    The number taken back is the number of cancellations less the largest excess of cancellations over sales up to
    any moment (the reflection of a random walk at 0), so that one pass of window functions finds it exactly.
    """
    connection.execute(
        """CREATE OR REPLACE TABLE reversals AS
           WITH events AS (
             SELECT customer, product, abs(quantity) AS size, price, time, quantity < 0 AS back
             FROM distinct_lines
             WHERE customer IS NOT NULL AND product IS NOT NULL AND price > 0
               AND (quantity > 0 AND NOT starts_with(upper(invoice), 'C')
                    OR quantity < 0 AND starts_with(upper(invoice), 'C'))),
           walk AS (
             SELECT *, sum(if(back, 1, -1)) OVER steps AS excess
             FROM events
             WINDOW steps AS (PARTITION BY customer, product, size, price ORDER BY time, back
                              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
           SELECT customer, product, size, price,
                  count(*) FILTER (back) - greatest(0, max(excess)) AS taken_back
           FROM walk GROUP BY ALL HAVING taken_back > 0"""
    )
    connection.execute(
        """CREATE OR REPLACE VIEW marked_lines AS
           SELECT d.*, coalesce(
                    r.taken_back IS NOT NULL AND d.quantity > 0 AND NOT starts_with(upper(d.invoice), 'C')
                    AND row_number() OVER (
                      PARTITION BY d.customer, d.product, d.quantity, d.price,
                                   starts_with(upper(d.invoice), 'C') ORDER BY d.time, d.invoice) <= r.taken_back,
                    false) AS reversal
           FROM distinct_lines d
           LEFT JOIN reversals r ON d.customer = r.customer AND d.product = r.product
                                AND d.quantity = r.size AND d.price = r.price"""
    )
