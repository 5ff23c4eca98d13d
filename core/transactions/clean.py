"""From ``raw`` to distinct lines, each with the rule that drops it, and the counts that everything else is made of.

Duplicates are found in two steps that are exact and cheap together: a 64-bit hash of every line tells which lines
*may* be repeated (few), and only those are compared in full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from core.transactions.rules import RULES, Rule
from core.transactions.staging import LINE_COLUMNS

KEPT = ""
"""What stands in the column ``rule`` of a line that no rule drops."""

OVERLAP = "overlap"
"""Rule id of lines that stand in two files or sheets where the rule ``duplicate`` is switched off."""

COLUMNS = ", ".join(LINE_COLUMNS)


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
    connection.execute("CREATE TABLE repeated AS SELECT key FROM raw GROUP BY key HAVING count(*) > 1")
    connection.execute(
        f"""CREATE TABLE repeats AS
            SELECT {COLUMNS}, sum(n)::INTEGER AS seen, max(n)::INTEGER AS copies
            FROM (SELECT {COLUMNS}, source, count(*) AS n FROM raw SEMI JOIN repeated USING (key) GROUP BY ALL)
            GROUP BY ALL"""
    )
    again = "" if "duplicate" in on else ", range(copies)"
    connection.execute(
        f"""CREATE VIEW distinct_lines AS
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
        f"""CREATE VIEW ruled AS
            SELECT * EXCLUDE (extra{", reversal" if "reversed" in on else ""}),
                   time::DATE AS day, hour(time)::TINYINT AS hour,
                   (quantity * price)::DECIMAL(18, 6) AS amount,
                   CASE {cases or "WHEN false THEN ''"} ELSE '' END AS rule
            FROM {source}"""
    )
    connection.execute(
        """CREATE TABLE baskets AS
           SELECT day, hour, country, rule, invoice, customer, count(*) AS lines,
                  sum(quantity::DECIMAL(18, 6)) AS units, sum(amount) AS amount, max(time) AS last_time
           FROM ruled GROUP BY ALL"""
    )


def waterfall(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> tuple[int, list[RuleCount], int]:
    """(lines in, what each rule dropped in order, lines out); it adds up by construction of the counts."""
    on = {rule.id for rule in rules}
    lines_in = int(_one(connection, "SELECT count(*) FROM raw"))
    repeats = int(_one(connection, "SELECT coalesce(sum(seen - 1), 0) FROM repeats"))
    overlap = int(_one(connection, "SELECT coalesce(sum(seen - copies), 0) FROM repeats"))
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
        """CREATE TABLE reversals AS
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
        """CREATE VIEW marked_lines AS
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


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
