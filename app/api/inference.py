"""/v2: the stored forecasts for clients of the Open Inference Protocol (KServe, Triton, MLServer), version 2.

Models are ``champion`` (the best of each series) and every model of the version by its name. Errors are the problem
documents of the whole API with the protocol's member ``error`` beside the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, request

from app import prediction_log
from app.api.operation import Operation, Operations, read_body, read_json, respond, unknown
from app.api.parts import no_such
from app.api.predict import serving_version
from app.api.predict_answer import tag_of
from app.api.problems import ApiError, json_pointer, request_id
from app.api.schemas import DEFAULT_HORIZON
from app.api.schemas_inference import (
    InferRequest,
    InferResponse,
    ModelMetadata,
    ModelReady,
    OutputTensor,
    ServerLive,
    ServerMetadata,
    ServerReady,
    TensorMetadata,
)
from app.api.who import who
from callbacks.services import services
from core import __version__
from core.errors import InputError
from core.lifecycle.audit import CHAMPION
from core.lifecycle.serving import UNITS, Prediction, model_name, predictions
from core.lifecycle.version import Version
from core.series.panel import TOTAL, Series

BINARY = "Inference-Header-Content-Length"
"""Sent by clients that put tensors as bytes behind the JSON."""

INPUTS = {"horizon": "INT64", "measure": "BYTES", "segment": "BYTES"}
OUTPUTS: dict[str, tuple[str, Callable[[Prediction], Any]]] = {
    "date": ("BYTES", lambda one: one.date.isoformat()),
    "horizon": ("INT64", lambda one: one.horizon),
    "value": ("FP64", lambda one: one.value),
    "open": ("BOOL", lambda one: one.open),
    "lo80": ("FP64", lambda one: one.intervals[80][0]),
    "hi80": ("FP64", lambda one: one.intervals[80][1]),
    "lo95": ("FP64", lambda one: one.intervals[95][0]),
    "hi95": ("FP64", lambda one: one.intervals[95][1]),
}
"""By name: the type of the protocol, and where the value comes from."""

MODEL = {"model": "champion, or a model by its name; /info lists them."}
VERSION = MODEL | {"version": "The id of a version; /models lists them."}
TEXT = " Errors have the member error of the protocol beside those of a problem document."

operations = Operations("inference")


@operations.operation(
    Operation("/v2", "get", "Open Inference Protocol: who answers", "Name, version, extensions.", ServerMetadata, None)
)
def server_metadata() -> ServerMetadata:
    """The name and version of the product."""
    return ServerMetadata(name="tidemark", version=__version__, extensions=[])


@operations.operation(
    Operation(
        "/v2/health/live",
        "get",
        "Open Inference Protocol: does the process answer?",
        "Looks at nothing else.",
        ServerLive,
        None,
    )
)
def server_live() -> ServerLive:
    """200 as long as the process answers."""
    return ServerLive(live=True)


@operations.operation(
    Operation(
        "/v2/health/ready",
        "get",
        "Open Inference Protocol: can a forecast be served?",
        "503 until the first forecast exists.",
        ServerReady,
        None,
    )
)
def server_ready() -> ServerReady:
    """200 once a forecast can be served, 503 before."""
    serving_version()
    return ServerReady(ready=True)


@operations.operation(
    Operation(
        "/v2/models/{model}",
        "get",
        "Open Inference Protocol: what a model takes and gives",
        "Inputs, outputs, and the versions that have the model." + TEXT,
        ModelMetadata,
        "predict",
        errors=(404,),
        parts=MODEL,
    )
)
@operations.operation(
    Operation(
        "/v2/models/{model}/versions/{version}",
        "get",
        "Open Inference Protocol: what a model of a version takes and gives",
        "Inputs, outputs, and the versions that have the model." + TEXT,
        ModelMetadata,
        "predict",
        errors=(404,),
        parts=VERSION,
    )
)
def model_metadata(model: str, version: str | None = None) -> ModelMetadata:
    """What the model takes and gives."""
    _version(model, version)
    known = [one.id for one in services().registry.versions() if _has(one, model)]
    return ModelMetadata(
        name=model,
        versions=known,
        platform="tidemark_stored_forecasts",
        inputs=[TensorMetadata(name=name, datatype=kind, shape=[1]) for name, kind in INPUTS.items()],
        outputs=[TensorMetadata(name=name, datatype=kind, shape=[-1]) for name, (kind, _) in OUTPUTS.items()],
    )


@operations.operation(
    Operation(
        "/v2/models/{model}/ready",
        "get",
        "Open Inference Protocol: can a model be asked?",
        "404 for a model that there is none of, 503 until the first forecast exists." + TEXT,
        ModelReady,
        "predict",
        errors=(404,),
        parts=MODEL,
    )
)
@operations.operation(
    Operation(
        "/v2/models/{model}/versions/{version}/ready",
        "get",
        "Open Inference Protocol: can a model of a version be asked?",
        "404 for a version that there is none of or that is damaged." + TEXT,
        ModelReady,
        "predict",
        errors=(404,),
        parts=VERSION,
    )
)
def model_ready(model: str, version: str | None = None) -> ModelReady:
    """200 if the model can be asked."""
    _version(model, version)
    return ModelReady(name=model, ready=True)


@operations.operation(
    Operation(
        "/v2/models/{model}/infer",
        "post",
        "Open Inference Protocol: forecast days ahead",
        "The stored forecast as tensors, one value a day from the first after the data." + TEXT,
        InferResponse,
        "predict",
        body=InferRequest,
        errors=(404,),
        parts=MODEL,
    ),
    raw=True,
)
@operations.operation(
    Operation(
        "/v2/models/{model}/versions/{version}/infer",
        "post",
        "Open Inference Protocol: forecast days ahead by a version",
        "The stored forecast of that version as tensors, one value a day from the first after its data." + TEXT,
        InferResponse,
        "predict",
        body=InferRequest,
        errors=(404,),
        parts=VERSION,
    ),
    raw=True,
)
def infer(model: str, version: str | None = None) -> Response:
    """The stored forecast as tensors."""
    if request.args:
        unknown(list(request.args))
    chosen = _version(model, version)
    body = _body()
    given = _inputs(body)
    series = Series(given.get("measure", "transactions"), given.get("segment", TOTAL))
    _check(chosen, series, body)
    name = model_name(chosen, series, None if model == CHAMPION else model)
    days = predictions(chosen, series, name)[: given.get("horizon", DEFAULT_HORIZON)]
    about = {"model": name, "measure": series.measure, "segment": series.segment, "unit": UNITS[series.measure],
             "data_as_of": chosen.origin.isoformat()}  # fmt: skip
    answer = InferResponse(
        model_name=model,
        model_version=chosen.id,
        id=request_id() if body.id is None else body.id,
        parameters=about,
        outputs=_outputs(body, days),
    )
    if prediction_log.picked():
        tag = tag_of(answer.model_dump_json(exclude={"id"}).encode())
        prediction_log.note(request_id(), who(), chosen.id, str(series), name, body.model_dump(exclude_unset=True), tag)
    return respond(answer)


def _version(model: str, version: str | None) -> Version:
    """The version that answers. Raises ApiError 404 if there is no such version, or if it has no such model."""
    if version is None:
        found = serving_version()
    else:
        try:
            found = services().registry.open(version)
        except InputError:
            raise no_such("whole version", version, "See /models.") from None
    if not _has(found, model):
        raise no_such("model", model, f"Known are {', '.join((CHAMPION, *found.models))}.")
    return found


def _has(version: Version, model: str) -> bool:
    return model == CHAMPION or model in version.models


def _body() -> InferRequest:
    """Clients of the protocol need not say that they send JSON; some send bytes behind it, which are not read."""
    if BINARY in request.headers:
        raise ApiError(415, "Send all tensors as JSON: the extension for binary data is not offered.")
    read = read_body if request.mimetype else read_json
    return read(InferRequest, pointer=_pointer)


def _pointer(location: Sequence[str | int]) -> str:
    """Without the name of the tensor, which pydantic puts behind its number."""
    return json_pointer([*location[:2], *location[3:]] if location[:1] == ("inputs",) else location)


def _inputs(body: InferRequest) -> dict[str, Any]:
    """Value by name. Raises ApiError 422 for an input that stands twice."""
    found: dict[str, Any] = {}
    for number, tensor in enumerate(body.inputs):
        if tensor.name in found:
            sentence = f"{tensor.name} is given more than once"
            raise ApiError(422, f"{sentence}.", [(f"/inputs/{number}/name", sentence)])
        found[tensor.name] = tensor.data[0]
    return found


def _check(version: Version, series: Series, body: InferRequest) -> None:
    """Raises ApiError 422 for a series that the version does not have, with those that it has."""
    known = version.series()
    if series in known:
        return
    segments = [one.segment for one in known if one.measure == series.measure]
    name = "segment" if segments else "measure"
    there = segments or list(dict.fromkeys(one.measure for one in known))
    place = next((number for number, one in enumerate(body.inputs) if one.name == name), None)
    pointer = "/inputs" if place is None else f"/inputs/{place}/data/0"
    sentence = f"there is no {name} {getattr(series, name)}; known are {', '.join(there)}"
    raise ApiError(422, f"{sentence}.", [(pointer, sentence)])


def _outputs(body: InferRequest, days: Sequence[Prediction]) -> list[OutputTensor]:
    wanted = dict.fromkeys(one.name for one in body.outputs or ()) or OUTPUTS
    return [
        OutputTensor(name=name, datatype=kind, shape=[len(days)], data=[value(one) for one in days])
        for name in wanted
        for kind, value in (OUTPUTS[name],)
    ]
