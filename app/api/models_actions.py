"""POST under /models: train, put a version into use, go back to the one before."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from app.api.audit import audit_entry
from app.api.fields import ReasonRequest, one_line
from app.api.jobs import url_of
from app.api.models import VERSION, verdict, version_id
from app.api.operation import Operation, Operations, respond
from app.api.parts import conflict
from app.api.problems import ApiError
from app.api.schemas_models import ChampionResponse, PromoteRequest, RetrainRequest, RetrainResponse
from app.api.who import who
from callbacks.models import data_measures, recipe_models
from callbacks.services import services
from core.errors import InputError, NotReadyError
from core.lifecycle.bootstrap import TRAIN
from core.lifecycle.overview import overview
from core.lifecycle.recipe import Request
from core.lifecycle.work import start_watched

operations = Operations("models_actions")

LOCATION = {"Location": "The job: ask there how it is getting on."}


@operations.operation(
    Operation(
        "/models/retrain",
        "post",
        "Train a new version",
        "Queues the training and starts it in a process of its own. The new version comes into use by itself if the "
        "gate lets it. 409 with the address of the job while a training runs.",
        RetrainResponse,
        "admin",
        body=RetrainRequest,
        status=202,
        errors=(409,),
        headers=LOCATION,
    )
)
def retrain(body: RetrainRequest) -> Response:
    """Queues and starts a training."""
    jobs, why = services().jobs, one_line(body.reason)
    asked = _asked(body)
    job = jobs.start(TRAIN, who(), f"manual: {why}" if why else "manual", asked.to_json() or None)
    url = url_of(job.id)
    if not job.is_new:
        raise ApiError(409, f"A training is {job.state} already: job {job.id}; see {url}.", headers=[("Location", url)])
    start_watched(job.id)
    return respond(RetrainResponse(job=job.id, url=url), 202, {"Location": url})


@operations.operation(
    Operation(
        "/models/{version}/promote",
        "post",
        "Put a version into use",
        "Within a second in every process, and whatever the gate said of it. 409 if it is in use already or damaged, "
        "or if not `replacing` but another version is in use.",
        ChampionResponse,
        "admin",
        body=PromoteRequest,
        errors=(404, 409),
        parts=VERSION,
    )
)
def promote(version: str, body: PromoteRequest) -> ChampionResponse:
    """Makes the version the champion."""
    registry, name = services().registry, version_id(version)
    only = {} if body.replacing is None else {"replacing": body.replacing}
    try:
        done = registry.promote(name, who(), one_line(body.reason), **only)
    except InputError as error:
        raise conflict(error) from error
    if not done:
        raise ApiError(409, f"{body.replacing} is not in use any more; look again before you replace what is.")
    return _now_serves(name)


@operations.operation(
    Operation(
        "/models/rollback",
        "post",
        "Go back to the version before",
        "Puts the version into use again that was in use before the present one; the next rollback goes one further "
        "back. 409 where there is none.",
        ChampionResponse,
        "admin",
        body=ReasonRequest,
        errors=(409,),
    )
)
def roll_back(body: ReasonRequest) -> ChampionResponse:
    """Makes the champion before the present one the champion."""
    try:
        name = services().registry.roll_back(who(), one_line(body.reason))
    except InputError as error:
        raise conflict(error) from error
    return _now_serves(name)


def _asked(body: RetrainRequest) -> Request:
    """Names that are all there is are none, as on the page: the version is then a usual one.

    Raises NotReadyError before there are data, ApiError 422 for measures that these do not have.
    """
    found = services()
    there = data_measures(found)
    if not there:
        raise NotReadyError("The data are being loaded; ask again in a few seconds.")
    _check_measures(body.measures or (), there)
    values = {
        "measures": None if set(body.measures or there) >= set(there) else body.measures,
        "models": None if set(body.models or ()) in (set(), set(recipe_models(found))) else body.models,
        "window": body.window,
    }
    return Request.of(values)


def _check_measures(asked: Sequence[str], there: Sequence[str]) -> None:
    sentence = f"the data have only {', '.join(there)}"
    errors = [(f"/measures/{number}", sentence) for number, one in enumerate(asked) if one not in there]
    if errors:
        raise ApiError(422, f"measures: {sentence}.", errors)


def _now_serves(name: str) -> ChampionResponse:
    registry = services().registry
    move = next(one for one in registry.history() if one.to_value == name)
    facts = next((one for one in overview(registry) if one.id == name), None)
    return ChampionResponse(champion=name, move=audit_entry(move), gate=None if facts is None else verdict(facts.gate))
