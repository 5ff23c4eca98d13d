"""What the API takes and says about versions of the models, as pydantic models."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.api.fields import MOST_REASON, WHY, Note, PageQuery, Reason, ReasonRequest
from app.api.schemas import Measure, number_in_json
from core.lifecycle.audit import SUBJECTS
from core.lifecycle.recipe import Recipe
from core.models.catalogue import MODEL_NAMES

MOST_WINDOW = 999_999
"""Days, as on the page."""

ModelName = Literal[MODEL_NAMES]
Subject = Literal[SUBJECTS]
Window = Annotated[int, Field(ge=Recipe.least_days, le=MOST_WINDOW), BeforeValidator(number_in_json)]
VersionId = Annotated[str, Field(pattern="^v[0-9]{1,9}$")]


class Period(BaseModel):
    """A time in use."""

    since: dt.datetime
    until: dt.datetime | None = Field(description="Null: still.")


class Score(BaseModel):
    """How wrong the forecasts of a series were in the tests, each by the model that the tests before it chose."""

    series: str
    model: str = Field(description="The model that serves now.")
    wape: float | None = Field(description="Sum of the errors by the sum of the values.")
    lo: float | None = Field(description="Lower bound of wape with 95 % confidence.")
    hi: float | None = Field(description="Upper bound of wape with 95 % confidence.")
    bias: float | None = Field(description="Above 0 the forecasts were too high.")
    folds: int = Field(description="Test periods.")


class Verdict(BaseModel):
    """What the gate said of a version when it was made: whether it may come into use by itself."""

    promote: bool
    code: str = Field(
        description="other_data, better, tied_newer, tied_simpler, tied_complex, worse, segment_worse or lacks."
    )
    champion: str | None = Field(description="The version it was compared with.")
    change: float | None = Field(description="How much larger its error was, as a share.")
    p_value: float | None
    alpha: float | None = Field(description="The level of the test.")
    limit: float | None = Field(description="By how much, as a share, a segment may get worse.")


class VersionSummary(BaseModel):
    """A version of the models in short."""

    id: str
    status: Literal["champion", "challenger", "past", "never"] = Field(
        description="In use, waiting, once in use, or never."
    )
    aliases: list[str]
    created_at: dt.datetime
    trigger: str = Field(description="Why it was trained.")
    who: str
    parent: str | None = Field(description="The version that served when it was made.")
    first_day: dt.date
    last_day: dt.date = Field(description="The last day of its data; forecasts begin after it.")
    rows: int = Field(description="Lines of the data.")
    models: list[str]
    measures: list[str]
    window: int | None = Field(description="Only so many days before each origin were learnt from; null: all.")
    seconds: float | None = Field(description="How long the training took.")
    gate: Verdict | None = Field(description="Null where there was nothing to compare with.")
    live: list[Period] = Field(description="When it was in use, the oldest first.")
    scores: list[Score] = Field(description="Of the totals of the measures.")


class ModelsResponse(BaseModel):
    """Every version that there is."""

    serving: str | None = Field(description="The version whose forecasts are given now; null before the first.")
    previous: str | None = Field(description="The version that a rollback goes to; null where there is none.")
    aliases: dict[str, str]
    versions: list[VersionSummary] = Field(description="The newest first.")
    problems: list[str] = Field(description="What is wrong with stored versions; empty is good.")


class ManifestData(BaseModel):
    """The data that a version learnt from."""

    model_config = ConfigDict(extra="allow")

    first_day: dt.date
    last_day: dt.date
    last_time: str | None = None
    rows: int | None = Field(None, description="Lines in use.")
    generation: str | None = None
    fingerprint: str | None = Field(None, description="Of the daily series: SHA-256.")
    content: str | None = Field(None, description="Of the lines.")
    cleaning: dict[str, dict[str, Any]] = Field({}, description="By rule: whether it was on, and lines dropped.")


class Manifest(BaseModel):
    """Where a version comes from, as it was written with it; it cannot change unnoticed."""

    model_config = ConfigDict(extra="allow")

    id: str
    created_at: dt.datetime
    trigger: str | None = None
    who: str | None = None
    parent: str | None = None
    replaces: str | None = Field(None, description="The version that it was to take the place of.")
    data: ManifestData
    recipe: dict[str, Any] | None = Field(None, description="The settings of the training.")
    request: dict[str, Any] | None = Field(None, description="What was asked for beyond the recipe.")
    code: dict[str, str] = Field({}, description="The version of the product and the SHA-256 of its code.")
    packages: dict[str, str] = Field({}, description="Libraries that the numbers depend on.")
    duration_s: float | None = None
    gate: dict[str, Any] | None = Field(None, description="The verdict with all that it rests on.")
    models: dict[str, dict[str, Any]] = Field(
        description="By model: seconds of computing, settings, and notes on series where it stands in for something."
    )
    best: dict[str, str] = Field(description="By series: the model that serves.")
    scores: list[Score] = Field([], description="Of every series.")
    folds: list[dt.date] = Field([], description="The last days known in the tests.")
    coverage: list[dict[str, Any]] = Field([], description="Of intervals: promised level and realised shares.")
    reconciliation: list[dict[str, Any]] = Field([], description="How segments and totals were made to agree.")
    files: dict[str, str] = Field(description="By file: SHA-256.")
    seal: str | None = Field(None, description="SHA-256 of all the rest.")


class VersionResponse(VersionSummary):
    """A version with all that is known of it."""

    manifest: Manifest


class LiveResponse(BaseModel):
    """Which version was in use on a day of the server's clock."""

    date: dt.date
    version: str = Field(description="In use at the end of the day; today: now.")
    since: dt.datetime = Field(description="When it had come into use.")
    during: list[str] = Field(description="Every version that was in use at some time of the day, in order.")


class AuditQuery(PageQuery):
    """Which rows of the audit."""

    subject: Subject | None = Field(None, description="Changes of this subject only.")


class AuditEntry(BaseModel):
    """Who changed what, when, from what to what, and why."""

    id: int
    at: dt.datetime
    who: str
    subject: str = Field(description="champion, challenger, schedule, versions, data or opening.")
    from_value: str | None
    to_value: str | None
    reason: str
    evidence: dict[str, Any] | None = Field(
        description="What the change rests on, of the gate's moves; that it went back, of a rollback."
    )


class AuditResponse(BaseModel):
    """Changes of what is in use, the newest first. None is ever removed."""

    entries: list[AuditEntry]
    next: int | None = Field(description="Give it as `before` to get what follows; null at the end.")


class RetrainRequest(BaseModel):
    """What is to be trained; without anything: all that a usual training has."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "the range has changed"}, {"models": ["sarima"], "window": 365}]},
    )

    measures: Annotated[list[Measure], Field(min_length=1, max_length=20)] | None = Field(
        None, description="Only these; a version that lacks one of the champion's waits until somebody promotes it."
    )
    models: Annotated[list[ModelName], Field(min_length=1, max_length=50)] | None = Field(
        None, description="Only these; null: those of the setting MODELS."
    )
    window: Window | None = Field(None, description="Learn only from so many days before each origin.")
    reason: Note | None = Field(None, description=f"Why, for the record; at most {MOST_REASON} characters.")


class RetrainResponse(BaseModel):
    """The training has been queued."""

    job: int
    url: str = Field(description="Where to look how it is getting on; the same as the header Location.")


class PromoteRequest(ReasonRequest):
    """Why a version is to come into use."""

    reason: Reason = Field(description=WHY)
    replacing: VersionId | None = Field(
        None, description="Only if this version is in use now; else 409. Null: whichever is."
    )


class ChampionResponse(BaseModel):
    """The version that is in use now."""

    champion: str
    move: AuditEntry
    gate: Verdict | None = Field(
        description="What the gate had said of it; what somebody asks for is done all the same."
    )
