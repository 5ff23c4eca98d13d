"""The life of an alert, one data day after another. Pure: replaying the days gives the same alerts, whenever.

A rule that fires makes an alert pending, after ``for_days`` open, and after enough quiet days resolved. Signals of one
group are one alert. While data are broken, what may follow from it stays pending or as it was: muted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from core.monitoring.signal import SEVERITIES, Kind, Severity, Signal, rule_of

State = Literal["pending", "open", "resolved"]

Event = Literal["pending", "opened", "reopened", "fired", "spread", "escalated", "muted", "resolved", "vanished"]
"""What a day did to an alert. ``fired``: it fired again, nothing else; ``spread``: about more than before, as bad as
before; ``vanished``: it was pending and went quiet, or goes on as one that is reopened."""

MUTED_KINDS: frozenset[Kind] = frozenset({"level", "shape", "season", "model"})
"""What broken data may cause."""

QUIET, OTHER_DATA = "quiet", "other data"
"""Who resolved an alert that ended by itself, and one about data that others have taken the place of."""


@dataclass(frozen=True, slots=True)
class Policy:
    """In days of the data. An alert opens on the ``for_days``-th day in a row that fires; it is resolved
    ``resolve_after_days`` days after the last one (0: at once), acknowledged or not; when it fires again within
    ``cooldown_days`` days of that, the same alert is open again. ``per_kind``: other policies for some kinds."""

    for_days: int = 1
    cooldown_days: int = 7
    resolve_after_days: int = 7
    per_kind: Mapping[Kind, Policy] = field(default_factory=dict)

    def of(self, kind: Kind) -> Policy:
        """The policy for alerts of this kind."""
        return self.per_kind.get(kind, self)

    @property
    def longest_cooldown(self) -> int:
        """Days after which no kind remembers that an alert was resolved."""
        return max(one.cooldown_days for one in (self, *self.per_kind.values()))


@dataclass(frozen=True, slots=True)
class Alert:
    """A row of the table of alerts, see core.state.monitoring_tables. ``id`` is 0 until it is written; days are data
    days; times are aware UTC; ``value``, ``limit`` and ``evidence`` are those of the worst moment, in the unit of the
    rule that the evidence names."""

    key: str
    kind: Kind
    severity: Severity
    state: State
    first_day: dt.date
    last_day: dt.date
    subjects: tuple[str, ...]
    value: float
    limit: float
    evidence: Mapping[str, Any]
    fired_days: int = 1
    opened_day: dt.date | None = None
    resolved_day: dt.date | None = None
    muted_by: int | None = None
    opened_at: dt.datetime | None = None
    resolved_at: dt.datetime | None = None
    acknowledged_at: dt.datetime | None = None
    acknowledged_by: str | None = None
    resolved_by: str | None = None
    version_id: str = ""
    id: int = 0

    @property
    def rule(self) -> str | None:
        """The rule that its key names; None for a kind whose rules are one alert."""
        return rule_of(self.kind, self.key)

    def covers(self, day: dt.date) -> bool:
        """Whether the day lies in its life: up to the last day that fired, while it is open, until it was resolved."""
        if day < self.first_day or self.state == "open":
            return day >= self.first_day
        return day <= (self.resolved_day or self.last_day)


@dataclass(frozen=True, slots=True)
class Change:
    """What a day did to an alert, and the alert after it. ``muted_by``: key of the alert of broken data that mutes it;
    the number goes into the alert when it is written."""

    event: Event
    alert: Alert
    muted_by: str | None = None


def step(day: dt.date, signals: Iterable[Signal], current: Sequence[Alert], policy: Policy) -> list[Change]:
    """What the signals of a day change, those of broken data first; in this order it must be written.

    ``current``: every alert that is pending or open, and those that were resolved on or after the ``longest_cooldown``
    before the day. The newest day, done a second time, changes nothing.
    """
    groups: dict[str, list[Signal]] = {}
    for signal in sorted(signals, key=lambda one: (one.group, one.subject, one.rule)):
        groups.setdefault(signal.group, []).append(signal)
    known: dict[str, list[Alert]] = {}
    for alert in current:
        known.setdefault(alert.key, []).append(alert)
    kinds = {alert.key: alert.kind for alert in current} | {key: found[0].kind for key, found in groups.items()}

    def work(keys: Iterable[str], fault: str | None) -> list[Change]:
        found: list[Change] = []
        for key in sorted(keys):
            muted_by = fault if kinds[key] in MUTED_KINDS else None
            found += _day_of(day, groups.get(key, []), known.get(key, []), policy.of(kinds[key]), muted_by)
        return found

    faults = {key for key in kinds if kinds[key] == "data fault"}
    changes = work(faults, None)
    return changes + work(kinds.keys() - faults, _fault_on(day, current, changes))


def _fault_on(day: dt.date, current: Sequence[Alert], changes: Sequence[Change]) -> str | None:
    """The key of an alert of broken data that is open or fires on the day; on the day it is resolved it is over."""
    after = [change.alert for change in changes if change.event != "vanished"]
    changed = {change.alert.id for change in changes}
    after += [alert for alert in current if alert.kind == "data fault" and alert.id not in changed]
    over = (alert for alert in after if alert.covers(day) and (alert.resolved_day != day or alert.last_day == day))
    return min((alert.key for alert in over), default=None)


def _day_of(
    day: dt.date, signals: Sequence[Signal], known: Sequence[Alert], policy: Policy, fault: str | None
) -> list[Change]:
    """One day of one key."""
    active = next((alert for alert in known if alert.state != "resolved"), None)
    if not signals:
        return _quiet(day, active, policy)
    over = [alert for alert in known if alert.resolved_day is not None]
    if past := next((alert for alert in over if alert.covers(day)), None):  # a day done before, or late data of one
        return _unless_same(past, _worst(past, signals))
    if active is not None and active.state == "open":
        return _fired(day, signals, active, fault)
    if fault:
        muted = _counted(day, signals, active)
        return [Change("muted", muted, fault)] if muted != active or active.muted_by is None else []
    latest = max(over, key=lambda alert: alert.resolved_day or day, default=None)
    if latest and latest.resolved_day and (day - latest.resolved_day).days <= policy.cooldown_days:
        vanished = [Change("vanished", active)] if active else []
        return [*vanished, Change("reopened", _reopened(day, signals, latest))]
    if active and active.muted_by is not None:  # what was seen in broken data says nothing about how bad it is
        active = replace(_new(day, signals), id=active.id, first_day=active.first_day, last_day=active.last_day,
                         fired_days=active.fired_days, version_id=active.version_id)  # fmt: skip
    pending = _counted(day, signals, active)
    if pending.fired_days >= policy.for_days:
        return [Change("opened", replace(pending, state="open", opened_day=day))]
    return [Change("pending", pending)] if pending != active else []


def _quiet(day: dt.date, active: Alert | None, policy: Policy) -> list[Change]:
    if active is None or day < active.last_day:
        return []
    if active.state == "pending":
        return [Change("vanished", active)]
    if (day - active.last_day).days < policy.resolve_after_days:
        return []
    return [Change("resolved", ended(active, day, QUIET))]


def ended(alert: Alert, day: dt.date, by: str) -> Alert:
    """The alert resolved on a data day."""
    return replace(alert, state="resolved", resolved_day=day, resolved_by=by)


def _fired(day: dt.date, signals: Sequence[Signal], alert: Alert, fault: str | None) -> list[Change]:
    """An open alert fires again. Under broken data it stays as bad as it was before them."""
    after = _counted(day, signals, alert)
    if fault:
        after = replace(after, severity=alert.severity, value=alert.value, limit=alert.limit, evidence=alert.evidence)
        if alert.muted_by is None:
            return [Change("muted", after, fault)]
        return [Change("fired", after, fault)] if after != alert else []
    after = replace(after, muted_by=None)
    if after.severity != alert.severity:
        return [Change("escalated", after)]
    if after.subjects != alert.subjects:
        return [Change("spread", after)]
    return _unless_same(alert, after)


def _reopened(day: dt.date, signals: Sequence[Signal], alert: Alert) -> Alert:
    return replace(
        _counted(day, signals, alert), state="open", muted_by=None, resolved_day=None, resolved_at=None,
        resolved_by=None, acknowledged_at=None, acknowledged_by=None,
    )  # fmt: skip


def _counted(day: dt.date, signals: Sequence[Signal], alert: Alert | None) -> Alert:
    """The alert after one more day that fires; a day that it counted before is not counted again."""
    if alert is None:
        return _new(day, signals)
    return replace(
        _worst(alert, signals),
        first_day=min(day, alert.first_day),
        last_day=max(day, alert.last_day),
        fired_days=alert.fired_days + (day > alert.last_day),
    )


def _worst(alert: Alert, signals: Sequence[Signal]) -> Alert:
    today = _new(alert.last_day, signals)
    after = replace(alert, subjects=tuple(sorted({*alert.subjects, *today.subjects})))
    if _badness(today) <= _badness(alert):
        return after
    return replace(after, severity=today.severity, value=today.value, limit=today.limit, evidence=today.evidence)


def _new(day: dt.date, signals: Sequence[Signal]) -> Alert:
    worst = max(signals, key=_badness)
    return Alert(
        key=worst.group,
        kind=worst.kind,
        severity=worst.severity,
        state="pending",
        first_day=day,
        last_day=day,
        subjects=tuple(sorted({signal.subject for signal in signals})),
        value=worst.value,
        limit=worst.limit,
        evidence={**worst.evidence, "rule": worst.rule, "subject": worst.subject},
    )


def _badness(one: Signal | Alert) -> tuple[int, float, float]:
    """Severity first, then how many times the limit: the only measure that rules of different units share."""
    return SEVERITIES.index(one.severity), one.value / one.limit if one.limit > 0 else float("inf"), one.value


def _unless_same(before: Alert, after: Alert) -> list[Change]:
    return [] if after == before else [Change("fired", after)]
