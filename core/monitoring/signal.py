"""What a rule of the monitoring says about one day; handed over only when it fires."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Kind = Literal["data fault", "season", "level", "shape", "model", "freshness", "psi line"]
"""What happened: broken data, a change that the season explains, a level or a shape that moved, forecasts that got
worse, data that stopped coming, or a drift measure over its fixed line."""

Severity = Literal["info", "warning", "critical"]

KINDS: tuple[Kind, ...] = get_args(Kind)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the least to the worst."""

BY_RULE: frozenset[Kind] = frozenset({"data fault", "psi line"})
"""Kinds of which every rule is an alert of its own."""


@dataclass(frozen=True, slots=True)
class Signal:
    """``rule`` fired for ``subject`` (a feature, series or file): its ``value`` is beyond its ``limit``.

    Both are in the rule's own unit. ``evidence``: plain JSON values. Raises ValueError for a value that is not beyond
    the limit, or names that are empty: that would be an error in the rule.
    """

    rule: str
    subject: str
    kind: Kind
    severity: Severity
    value: float
    limit: float
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.rule and self.subject):
            raise ValueError("a signal has a rule and a subject")
        if not (self.value > self.limit and math.isfinite(self.value) and math.isfinite(self.limit)):
            raise ValueError(f"{self.rule} of {self.subject}: {self.value} is not beyond the limit {self.limit}")

    @property
    def group(self) -> str:
        """The key under which alerts are one: the kind, of some kinds with the rule."""
        return f"{self.kind}: {self.rule}" if self.kind in BY_RULE else self.kind


def rule_of(kind: Kind, group: str) -> str | None:
    """The rule in the key of alerts of this kind; None where the key is of all rules."""
    return group.removeprefix(f"{kind}: ") if kind in BY_RULE else None
