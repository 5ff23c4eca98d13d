"""What the API takes and says about the monitoring, as pydantic models."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from app.api.fields import MOST_REASON, WHY, Note, PageQuery, Reason, ReasonRequest, both
from app.api.schemas import Day, Measure, number_in_json, number_in_query
from core.monitoring.silences import LONGEST

Level = Literal["day", "line"]
Severity = Literal["info", "warning", "critical"]
AlertState = Literal["pending", "open", "resolved"]
FeatureVerdict = Literal["not enough data", "stable", "season", "watch", "drift"]

SILENCE_DAYS = 7
"""Days of a silence unless somebody says otherwise, as on the page."""
ROLLING_DAYS = 90


class DriftQuery(BaseModel):
    """Which features, and when."""

    model_config = ConfigDict(extra="forbid")

    day: Day | None = Field(None, description="A day of the data; without it the last one that was looked at.")
    level: Level | None = Field(None, description="Features of days (day) or of single lines (line) only.")
    verdict: Annotated[list[FeatureVerdict], Field(min_length=1, max_length=20)] | None = Field(
        None, description="Features with one of these verdicts only."
    )


class FeatureDrift(BaseModel):
    """How far a feature has moved from its reference; a measure that does not fit the feature is null."""

    feature: str
    level: Level
    kind: str = Field(description="numeric or category.")
    verdict: FeatureVerdict
    psi: float | None = Field(description="Population stability index.")
    psi_limit: float | None = Field(description="What windows of the reference reach by chance in 1 of 20 cases.")
    psi_excess: float | None = Field(description="psi less what chance alone gives with so few values.")
    ks: float | None = Field(description="Distance of the distributions (Kolmogorov and Smirnov).")
    ks_p: float | None
    ks_limit: float | None
    wasserstein: float | None = Field(description="In the unit of the feature.")
    js: float | None = Field(description="Jensen–Shannon distance.")
    cramers_v: float | None
    missing: float | None = Field(description="Share of values that are missing.")
    n_ref: int = Field(description="Values in the reference.")
    n_cur: int = Field(description="Values in the window.")


class DriftResponse(BaseModel):
    """What the monitoring measured on a day for the version that serves, from the 30 days up to it."""

    version: str
    day: dt.date | None = Field(description="Null while nothing has been looked at.")
    first_day: dt.date | None = Field(description="The first day that can be asked for.")
    last_day: dt.date | None = Field(description="The last day that can be asked for.")
    features: list[FeatureDrift]


class PerformanceQuery(BaseModel):
    """Of which series."""

    model_config = ConfigDict(extra="forbid")

    measure: Measure | None = Field(None, description="Without it the first that the data have.")
    segment: str = Field("total", max_length=200, description="total, country:France, …; /info lists all of them.")
    days: Annotated[int, Field(ge=1, le=3660), BeforeValidator(number_in_query)] = Field(
        ROLLING_DAYS, description="So many of the newest days of `rolling`."
    )


class Scores(BaseModel):
    """Over forecasts of open days whose value is known; null of nothing."""

    days: int = Field(
        description="Each day once, though several versions may have forecast it; each forecast counts in the figures."
    )
    rmse: float | None = Field(description="In the unit of the measure.")
    mae: float | None = Field(description="In the unit of the measure.")
    mape: float | None
    wape: float | None = Field(description="Sum of the errors by the sum of the values.")
    bias: float | None = Field(description="Above 0 the forecasts were too high.")
    cover80: float | None = Field(description="Share of days inside the interval of 80 %.")
    cover95: float | None = Field(description="Share of days inside the interval of 95 %.")


class RollingScores(Scores):
    """Over the 28 days up to a day."""

    date: dt.date
    stand_in: float = Field(description="Share of the days that had no forecast in use: the backtest's stands in.")


class WeekAhead(BaseModel):
    """By days ahead: what came beside what the tests promised."""

    from_horizon: int
    to_horizon: int
    used: Scores
    promised: Scores


class Promise(BaseModel):
    """The version that serves against its own tests, over the same days ahead."""

    days: int = Field(description="Whole weeks since the last day that it had learnt from.")
    error: float = Field(description="Mean over the measures' totals of the sum of errors by the sum of values.")
    tests: list[float] = Field(description="The same of every test period.")
    worse: bool = Field(description="Above all of them, where there are five or more.")


class PerformanceResponse(BaseModel):
    """How good forecasts in use were, beside what their tests promised."""

    version: str
    measure: Measure
    segment: str
    unit: str
    standing: Literal["none", "kept", "worse"] = Field(
        description="Whether the promise is kept; none: too few days or tests to say."
    )
    begun: dt.date | None = Field(description="The first day with a forecast in use; the backtest stands in before.")
    recent: Scores = Field(description="The last four weeks in use.")
    promised: Scores = Field(description="The whole backtest.")
    by_horizon: list[WeekAhead]
    rolling: list[RollingScores] = Field(description="The newest days, in order.")
    overall: Promise | None = Field(description="Of all measures together; null while fewer than seven days have come.")


class AlertsQuery(PageQuery):
    """Which alerts."""

    state: Annotated[list[AlertState], Field(min_length=1, max_length=10)] = Field(
        ["open"], description="pending (may open tomorrow), open, resolved; several are possible."
    )


class Alert(BaseModel):
    """Something that was noticed. Days are days of the data."""

    id: int
    url: str
    kind: str = Field(description="data fault, season, level, shape, model, freshness or psi line.")
    severity: Severity
    state: AlertState
    silenced: bool = Field(description="No messages are sent about it at the moment.")
    subjects: list[str] = Field(description="Features or series.")
    value: float = Field(description="At its worst, in the unit of the rule that `evidence` names.")
    limit: float
    evidence: dict[str, Any]
    version: str = Field(description="The version that served when it was noticed.")
    first_day: dt.date
    last_day: dt.date
    opened_day: dt.date | None
    resolved_day: dt.date | None
    fired_days: int
    muted_by: int | None = Field(description="The alert of broken data under which it fired last.")
    opened_at: dt.datetime | None
    acknowledged_at: dt.datetime | None
    acknowledged_by: str | None
    resolved_at: dt.datetime | None
    resolved_by: str | None


class AlertsResponse(BaseModel):
    """Alerts, the newest first."""

    alerts: list[Alert]
    next: int | None = Field(description="Give it as `before` to get what follows; null at the end.")


class AlertEvent(BaseModel):
    """What happened to an alert."""

    at: dt.datetime
    who: str
    event: str
    note: str


class AlertResponse(Alert):
    """An alert with its history."""

    events: list[AlertEvent]


class NoteRequest(BaseModel):
    """A note for the history of the alert, if any."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}, {"note": "we are looking"}]})

    note: Note | None = Field(None, description=f"For the record; at most {MOST_REASON} characters.")


def _moment(value: Any) -> Any:
    """A moment as text; pydantic alone would also read numbers as seconds since 1970."""
    if not isinstance(value, str) or len(value) < len("2026-01-01T00:00Z"):
        raise ValueError("must be a moment with its time zone, such as 2026-12-24T18:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
SilenceDays = Annotated[int, Field(ge=1, le=LONGEST.days), BeforeValidator(number_in_json)]


class SilenceRequest(ReasonRequest):
    """For how long no messages shall be sent about an alert: ``until`` or ``days``; without either, a week."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "not": both("until", "days"),
            "examples": [{"days": 7, "reason": "known, the shop is rebuilt"}],
        },
    )

    reason: Reason = Field(description=WHY)
    until: Moment | None = Field(None, description="A moment within a year from now.")
    days: SilenceDays | None = Field(None, description="From now; a week without `until`.")
    scope: Literal["subjects", "kind"] = Field(
        "subjects", description="Alerts of its kind about the same subjects, or all alerts of its kind."
    )


class Silence(BaseModel):
    """No messages about alerts of this kind and subject (null: any) until a moment."""

    id: int
    kind: str | None
    subject: str | None
    created_at: dt.datetime
    until: dt.datetime
    who: str
    reason: str
    ended_at: dt.datetime | None
    ended_by: str | None


class SilencesResponse(BaseModel):
    """Silences."""

    silences: list[Silence]
