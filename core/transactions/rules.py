"""The cleaning rules: each with an id, a sentence, a predicate in SQL, and a switch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

NON_PRODUCT_CODES = (
    "POST", "DOT", "C2", "C3", "D", "M", "S", "B", "CRUK", "PADS", "AMAZONFEE", "BANK CHARGES", "ADJUST", "ADJUST2",
    "POSTAGE", "SHIPPING", "CARRIAGE", "DISCOUNT", "MANUAL", "SAMPLES", "FEE", "FEES",
)  # fmt: skip
"""Codes of lines that are no goods: postage, carriage, discounts, manual entries, samples, fees, adjustments."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``predicate`` is a SQL condition on a line that is true where the rule drops it (never NULL)."""

    id: str
    sentence: str
    predicate: str
    default_on: bool = True
    needs: tuple[str, ...] = ()
    """Columns without which the rule cannot mean anything; a file that lacks them has it switched off."""


RULES: tuple[Rule, ...] = (
    Rule(
        "duplicate",
        "The same line more than once: everything is equal, the time included",
        "false",  # found by grouping, before the others look at a line
    ),
    Rule(
        "cancellation",
        "A cancellation: its invoice number starts with C",
        "coalesce(starts_with(invoice, 'C') OR starts_with(invoice, 'c'), false)",
        needs=("invoice",),
    ),
    Rule("quantity", "The quantity is zero, negative or missing", "(quantity IS NULL OR quantity <= 0)"),
    Rule("price", "The price is zero, negative or missing", "(price IS NULL OR price <= 0)", needs=("price",)),
    Rule("customer", "No customer is named", "customer IS NULL", needs=("customer",)),
    Rule(
        "product",
        "No goods: postage, carriage, fees, discounts, manual adjustments, samples and tests",
        "coalesce(upper(product) IN ({codes}) OR regexp_matches(upper(product), '^(TEST|GIFT_|ADJUST)'), false)".format(
            codes=", ".join(f"'{code}'" for code in NON_PRODUCT_CODES)
        ),
        default_on=False,
        needs=("product",),
    ),
    Rule(
        "reversed",
        "A sale that was cancelled in full later: same customer, product, quantity and price",
        "reversal",
        default_on=False,
        needs=("invoice", "customer", "product", "price"),
    ),
)

RULE_IDS = tuple(rule.id for rule in RULES)


def switched_on(columns: Iterable[str], on: Iterable[str] = (), off: Iterable[str] = ()) -> tuple[Rule, ...]:
    """The rules in force, in order: defaults, then the user's switches, without those that lack their columns."""
    columns, on, off = set(columns), set(on), set(off)
    return tuple(
        rule
        for rule in RULES
        if (rule.default_on or rule.id in on) and rule.id not in off and columns.issuperset(rule.needs)
    )


def switches(
    chosen: Mapping[str, bool] | None, on: Iterable[str], off: Iterable[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Rules to switch on and off: those that somebody chose, else ``on`` and ``off`` of the environment."""
    if chosen is None:
        return frozenset(on), frozenset(off)
    return frozenset(one for one in chosen if chosen[one]), frozenset(one for one in chosen if not chosen[one])


def standard(on: Collection[str], off: Collection[str]) -> dict[str, bool]:
    """Rule id → on, in order, as the environment says."""
    return {rule.id: (rule.default_on or rule.id in on) and rule.id not in off for rule in RULES}
