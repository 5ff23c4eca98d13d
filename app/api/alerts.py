"""/monitoring/alerts: what was noticed, and what somebody does about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from app.api.fields import ReasonRequest, next_of, one_line
from app.api.operation import Operation, Operations
from app.api.parts import conflict, no_such, row_number
from app.api.problems import ApiError
from app.api.schemas_monitoring import (
    SILENCE_DAYS,
    AlertEvent,
    AlertResponse,
    AlertsQuery,
    AlertsResponse,
    NoteRequest,
    Silence,
    SilenceRequest,
    SilencesResponse,
)
from app.api.schemas_monitoring import Alert as AlertSchema
from app.api.who import who
from callbacks.monitor import alerts_of
from callbacks.services import services
from core.errors import InputError, MissingError
from core.monitoring.alerting import Alert
from core.monitoring.silences import Silence as Held
from core.monitoring.silences import silenced
from core.state.tables import now

ALERT = {"alert_id": "The number of an alert."}

operations = Operations("alerts")


@operations.operation(
    Operation(
        "/monitoring/alerts",
        "get",
        "What was noticed",
        "Alerts of the monitoring, the newest first; without `state` those that are open.",
        AlertsResponse,
        "read",
        query=AlertsQuery,
    )
)
def list_alerts(query: AlertsQuery) -> AlertsResponse:
    """The newest alerts in these states, or those before a number."""
    alerts = alerts_of(services())
    found, held = alerts.find(query.state, query.limit, query.before), alerts.silences()
    return AlertsResponse(
        alerts=[AlertSchema(**_told(one, held)) for one in found],
        next=next_of([one.id for one in found], query.limit),
    )


@operations.operation(
    Operation(
        "/monitoring/alerts/{alert_id}",
        "get",
        "One alert closely",
        "What it rests on, and what happened to it.",
        AlertResponse,
        "read",
        errors=(404,),
        parts=ALERT,
    )
)
def show_alert(alert_id: str) -> AlertResponse:
    """One alert with its history."""
    return _described(_alert(alert_id))


@operations.operation(
    Operation(
        "/monitoring/alerts/{alert_id}/acknowledge",
        "post",
        "Look after an alert",
        "Nobody else is told of it, except that it gets worse or ends. 409 unless it is open and nobody did it before.",
        AlertResponse,
        "admin",
        body=NoteRequest,
        errors=(404, 409),
        parts=ALERT,
    )
)
def acknowledge(alert_id: str, body: NoteRequest) -> AlertResponse:
    """Says that somebody looks after it."""
    alert = _alert(alert_id)
    try:
        return _described(alerts_of(services()).acknowledge(alert.id, who(), one_line(body.note)))
    except InputError as error:
        raise conflict(error) from error


@operations.operation(
    Operation(
        "/monitoring/alerts/{alert_id}/resolve",
        "post",
        "Say that an alert is over",
        "Should it fire again, it comes back. 409 unless it is open.",
        AlertResponse,
        "admin",
        body=ReasonRequest,
        errors=(404, 409),
        parts=ALERT,
    )
)
def resolve(alert_id: str, body: ReasonRequest) -> AlertResponse:
    """Ends the alert."""
    alert = _alert(alert_id)
    try:
        return _described(alerts_of(services()).resolve(alert.id, who(), one_line(body.reason)))
    except InputError as error:
        raise conflict(error) from error


@operations.operation(
    Operation(
        "/monitoring/alerts/{alert_id}/silence",
        "post",
        "Send no messages about an alert for a while",
        "The alert goes on and is listed all the same. One silence for each of its subjects, or one for its kind.",
        SilencesResponse,
        "admin",
        body=SilenceRequest,
        status=201,
        errors=(404,),
        parts=ALERT,
    )
)
def silence(alert_id: str, body: SilenceRequest) -> SilencesResponse:
    """Silences its subjects, or its kind."""
    alert, until = _alert(alert_id), _until(body)
    whole = body.scope == "kind"
    try:
        made = alerts_of(services()).silence_alert(alert.id, until, who(), one_line(body.reason), of_kind=whole)
    except InputError as error:
        sentence = str(error)
        raise ApiError(422, sentence, [("/until", sentence)]) from error
    return _silences(made)


@operations.operation(
    Operation(
        "/monitoring/silences",
        "get",
        "Which silences hold",
        "No messages are sent about alerts that they cover; the one that ends first comes first.",
        SilencesResponse,
        "read",
    )
)
def list_silences() -> SilencesResponse:
    """Those that hold now."""
    return _silences(alerts_of(services()).silences())


@operations.operation(
    Operation(
        "/monitoring/silences/{silence_id}/end",
        "post",
        "End a silence before its time",
        "409 if it is over.",
        SilencesResponse,
        "admin",
        errors=(404, 409),
        parts={"silence_id": "The number of a silence."},
    )
)
def end_silence(silence_id: str) -> SilencesResponse:
    """Ends it now."""
    number = row_number(silence_id, "silence")
    alerts = alerts_of(services())
    try:
        return _silences([alerts.end_silence(number, who())])
    except MissingError:
        raise no_such("silence", number) from None
    except InputError as error:
        raise conflict(error) from error


def _alert(text: str) -> Alert:
    number = row_number(text, "alert")
    try:
        return alerts_of(services()).get(number)
    except MissingError:
        raise no_such("alert", number) from None


def _until(body: SilenceRequest) -> dt.datetime:
    """Raises ApiError 422 for two ways of saying it."""
    if body.until is not None and body.days is not None:
        sentence = "give until or days, not both"
        raise ApiError(422, f"until, days: {sentence}.", [("/until", sentence), ("/days", sentence)])
    return body.until or now() + dt.timedelta(days=body.days or SILENCE_DAYS)


def _told(one: Alert, held: Sequence[Held]) -> dict[str, Any]:
    other = {"url", "silenced", "version", "subjects", "evidence"}
    return {
        **{name: getattr(one, name) for name in AlertSchema.model_fields if name not in other},
        "url": f"/monitoring/alerts/{one.id}",
        "silenced": silenced(one, held),
        "version": one.version_id,
        "subjects": list(one.subjects),
        "evidence": dict(one.evidence),
    }


def _described(one: Alert) -> AlertResponse:
    alerts = alerts_of(services())
    events = [AlertEvent(at=e.at, who=e.who, event=e.event, note=e.note) for e in alerts.events(one.id)]
    return AlertResponse(**_told(one, alerts.silences()), events=events)


def _silences(found: Sequence[Held]) -> SilencesResponse:
    names = Silence.model_fields
    return SilencesResponse(silences=[Silence(**{name: getattr(one, name) for name in names}) for one in found])
