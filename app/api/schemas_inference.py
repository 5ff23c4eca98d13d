"""The Open Inference Protocol, version 2, as pydantic models: what its clients send and expect."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.api.schemas import JsonHorizon, Measure, number_in_json

OutputName = Literal["date", "horizon", "value", "open", "lo80", "hi80", "lo95", "hi95"]
Parameters = Annotated[
    dict[str, str | float | bool] | None,
    Field(None, description="Read and left alone: there is nothing to choose by them."),
]
One = Annotated[int, Field(ge=1, le=1), BeforeValidator(number_in_json)]
Shape = Annotated[list[One], Field(min_length=1, max_length=1, description="Always [1].")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class HorizonTensor(_Strict):
    """How many days ahead, counted from the last day of the data."""

    name: Literal["horizon"]
    datatype: Literal["INT32", "INT64"]
    shape: Shape
    parameters: Parameters
    data: Annotated[list[JsonHorizon], Field(min_length=1, max_length=1)]


class MeasureTensor(_Strict):
    """What is counted."""

    name: Literal["measure"]
    datatype: Literal["BYTES"]
    shape: Shape
    parameters: Parameters
    data: Annotated[list[Measure], Field(min_length=1, max_length=1)]


class SegmentTensor(_Strict):
    """Which part of the business; /info lists all of them."""

    name: Literal["segment"]
    datatype: Literal["BYTES"]
    shape: Shape
    parameters: Parameters
    data: Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=1)]


InputTensor = Annotated[HorizonTensor | MeasureTensor | SegmentTensor, Field(discriminator="name")]


class RequestedOutput(_Strict):
    """An output that is wanted."""

    name: OutputName
    parameters: Parameters


class InferRequest(_Strict):
    """Inputs that are left out have their usual value: 28 days, transactions, total. Each may stand once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"inputs": [{"name": "horizon", "datatype": "INT64", "shape": [1], "data": [28]}]}]
        }
    )

    id: Annotated[str, Field(max_length=200)] | None = Field(None, description="Comes back in the answer.")
    parameters: Parameters
    inputs: Annotated[list[InputTensor], Field(max_length=3)]
    outputs: Annotated[list[RequestedOutput], Field(max_length=20)] | None = Field(
        None, description="Which outputs are wanted; without any, all of them."
    )


class _Answer(BaseModel):
    model_config = ConfigDict(protected_namespaces=())


class OutputTensor(_Answer):
    """An output: one value a day ahead."""

    name: OutputName
    datatype: Literal["BYTES", "INT64", "FP64", "BOOL"]
    shape: list[int]
    data: list[Any]


class InferResponse(_Answer):
    """A forecast as tensors."""

    model_name: str
    model_version: str
    id: str = Field(description="That of the request, else the request id.")
    parameters: dict[str, str] = Field(description="model (that answered), measure, segment, unit and data_as_of.")
    outputs: list[OutputTensor]


class ServerMetadata(_Answer):
    """Who answers."""

    name: str
    version: str
    extensions: list[str] = Field(description="None of the protocol's extensions is offered.")


class ServerLive(_Answer):
    """Does the process answer?"""

    live: bool


class ServerReady(_Answer):
    """Can a forecast be served?"""

    ready: bool


class ModelReady(_Answer):
    """Can this model be asked?"""

    name: str
    ready: bool


class TensorMetadata(_Answer):
    """An input or output; -1 in a shape: as many as there are days."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(_Answer):
    """What a model takes and gives."""

    name: str
    versions: list[str] = Field(description="Versions that have it, the newest first.")
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
