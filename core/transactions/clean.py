"""From ``raw`` to distinct lines, each with the rule that drops it, and the counts that everything else is made of.

Duplicates are found in two cheap steps: a 64-bit hash of every line tells which lines *may* be repeated (few), and
among those a second, independent hash decides, so that two different lines are never taken for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.transactions.rules import RULES, Rule
from core.transactions.staging import LINE_COLUMNS
from core.transactions.workspace import scalar

KEPT = ""
"""What stands in the column ``rule`` of a line that no rule drops."""

OVERLAP = "overlap"
"""Rule id of lines that stand in two files or sheets where the rule ``duplicate`` is switched off."""

COLUMNS = ", ".join(LINE_COLUMNS)
KEYS_AT_ONCE = 25_000_000


@dataclass(frozen=True, slots=True)
class RuleCount:
    """One step of the waterfall: how many lines a rule dropped, after the rules before it."""

    id: str
    dropped: int
    on: bool


def clean(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> None:
    """Makes the view ``ruled`` (lines with day, hour, amount, ``seen`` and ``rule``) and the table ``baskets``.

    ``ruled`` has every distinct line once; ``seen`` says how often it was read. Where the rule ``duplicate`` is off,
    a line stands as often as the one file or sheet that repeats it most has it, so that overlaps never count twice.
    ``baskets``: day, hour, country, rule, invoice, customer → lines, units, amount, last_time. Sums are decimal and
    therefore do not depend on the order of the lines.
    """
    on = {rule.id for rule in rules}
    _find_repeats(connection)
    again = "" if "duplicate" in on else ", range(copies)"
    connection.execute(
        f"""CREATE OR REPLACE VIEW distinct_lines AS
            SELECT {COLUMNS}, 1 AS seen FROM raw ANTI JOIN repeated USING (key)
            UNION ALL
            SELECT {COLUMNS}, seen FROM repeats{again}"""
    )
    source = "distinct_lines"
    if "reversed" in on:
        _mark_reversals(connection)
        source = "marked_lines"
    cases = " ".join(f"WHEN {rule.predicate} THEN '{rule.id}'" for rule in rules if rule.id != "duplicate")
    connection.execute(
        f"""CREATE OR REPLACE VIEW ruled AS
            SELECT * EXCLUDE (extra{", reversal" if "reversed" in on else ""}),
                   time::DATE AS day, hour(time)::TINYINT AS hour,
                   (quantity * price)::DECIMAL(18, 6) AS amount,
                   CASE {cases or "WHEN false THEN ''"} ELSE '' END AS rule
            FROM {source}"""
    )
    connection.execute(
        """CREATE OR REPLACE TABLE baskets AS
           SELECT day, hour, country, rule, invoice, customer, count(*) AS lines,
                  sum(quantity::DECIMAL(18, 6)) AS units, sum(amount) AS amount, max(time) AS last_time
           FROM ruled GROUP BY ALL"""
    )


def _find_repeats(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes ``repeated`` (keys that occur more than once) and ``repeats`` (each such line once, with its counts)."""
    connection.register("repeated_keys", pa.table({"key": _repeated_keys(connection)}))
    connection.execute("CREATE OR REPLACE TABLE repeated AS SELECT key FROM repeated_keys")
    connection.execute("CREATE OR REPLACE TEMP TABLE candidates AS SELECT * FROM raw SEMI JOIN repeated USING (key)")
    # a second hash with a seed of its own decides: 128 bits in all
    connection.execute(
        f"""CREATE OR REPLACE TABLE repeats AS
            SELECT {COLUMNS}, seen, copies
            FROM (SELECT min(first) AS first, sum(n)::INTEGER AS seen, max(n)::INTEGER AS copies
                  FROM (SELECT key, hash('again', {COLUMNS}) AS second_key, source, min(rowid) AS first, count(*) AS n
                        FROM candidates GROUP BY ALL)
                  GROUP BY key, second_key)
            JOIN candidates ON candidates.rowid = first"""
    )


def _repeated_keys(connection: duckdb.DuckDBPyConnection) -> npt.NDArray[np.uint64]:
    """Keys that stand in ``raw`` more than once: numpy's vectorised sort beats a hash table of all keys threefold.

    At most KEYS_AT_ONCE keys are in memory, one residue class after the other.
    """
    parts = -(-int(scalar(connection, "SELECT count(*) FROM raw")) // KEYS_AT_ONCE)
    found = []
    for part in range(parts):
        where = f"WHERE key % {parts} = {part}" if parts > 1 else ""
        keys = connection.execute(f"SELECT key FROM raw {where}").fetchnumpy()["key"]
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
