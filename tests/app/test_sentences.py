"""What a problem document says of a wrong value is said in the product's own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient
from pydantic import BaseModel, ValidationError

from app.api.openapi import MODULES
from app.api.sentences import FIXED, PATTERNS, RANGES, sentence_of
from core.own.request import HistoryRequest, RefusedError, SeriesRequest, read
from tests.app.conftest import body

PYDANTIC = re.compile(r"Input |should|Extra inputs|Field required|pattern|valid (string|number|integer)|\^|\[")
"""Words of the validator, and signs of a regular expression."""

INFER = "/v2/models/champion/infer"
SILENCE = "/monitoring/alerts/1/silence"
MEASURES = "'transactions', 'orders', 'units', 'revenue' or 'customers'"
MOMENT = "must be a moment that exists, with its time zone, such as 2026-12-24T18:00:00Z"
REASON = "needs three visible characters or more, and none that cannot be written"


def tensor(**changes: Any) -> dict[str, Any]:
    return {"inputs": [{"name": "horizon", "datatype": "INT64", "shape": [1], "data": [7], **changes}]}


SENT: list[tuple[str, Any, str, str]] = [
    ("/predict", {"horizon": 400}, "/horizon", "must be from 1 to 365"),
    ("/predict", {"horizon": 0}, "/horizon", "must be from 1 to 365"),
    ("/predict", {"horizon": 1.5}, "/horizon", "must be a whole number"),
    ("/predict", {"horizon": []}, "/horizon", "must be a whole number"),
    ("/predict", {"horizon": "7"}, "/horizon", "must be a whole number, not a text or a truth value"),
    ("/predict", {"horizont": 7}, "/horizont", "is not known here"),
    ("/predict", {"date": "2025-02-30"}, "/date", "must be a day that exists, written as YYYY-MM-DD"),
    ("/predict", {"date": "tomorrow"}, "/date", "must be a date in the form YYYY-MM-DD"),
    ("/predict", {"dates": []}, "/dates", "needs at least 1 value"),
    ("/predict", {"dates": "2025-02-03"}, "/dates", "must be a list"),
    ("/predict", {"levels": [81]}, "/levels/0", "must be 80 or 95"),
    ("/predict", {"levels": [80] * 11}, "/levels", "has more than 10 values"),
    ("/predict", {"measure": "x"}, "/measure", f"must be one of {MEASURES}"),
    ("/predict", {"segment": 3}, "/segment", "must be a text"),
    ("/predict", {"segment": "x" * 201}, "/segment", "is too long: at most 200 characters"),
    ("/predict", [], "", "must be an object"),
    ("/models/v1/promote", {}, "/reason", "is missing"),
    ("/models/v1/promote", {"reason": "   "}, "/reason", REASON),
    ("/models/v1/promote", {"reason": "ab"}, "/reason", "is too short: at least 3 characters"),
    ("/models/v1/promote", {"reason": "abc", "replacing": "2"}, "/replacing", "must be a version such as v2"),
    ("/models/retrain", {"window": 1}, "/window", "must be from 28 to 999,999"),
    ("/models/retrain", {"reason": "a\0"}, "/reason", "must be a text without control characters"),
    (SILENCE, {"reason": "abc", "until": "2026-12-24T18:00:00"}, "/until",
     "must have a time zone, such as 2026-12-24T18:00:00Z"),
    (SILENCE, {"reason": "abc", "until": "2026-02-30T18:00:00Z"}, "/until", MOMENT),
    (SILENCE, {"reason": "abc", "days": 367}, "/days", "must be from 1 to 366"),
    (SILENCE, {"reason": "abc", "days": 0}, "/days", "must be at least 1"),
    (INFER, {"inputs": [{"name": "foo"}]}, "/inputs/0", "must have 'horizon', 'measure' or 'segment' as its name"),
    (INFER, {"inputs": [{}]}, "/inputs/0", "must have a member 'name'"),
    (INFER, {"inputs": [3]}, "/inputs/0", "must be an object"),
    (INFER, tensor(shape=[2]), "/inputs/0/shape/0", "must be 1"),
    (INFER, tensor(data=[366]), "/inputs/0/data/0", "must be from 1 to 365"),
    (INFER, tensor(datatype="FP32"), "/inputs/0/datatype", "must be 'INT32' or 'INT64'"),
    (INFER, tensor(parameters=3), "/inputs/0/parameters", "must be an object"),
]  # fmt: skip

ASKED: list[tuple[str, str, str]] = [
    ("/predict?horizon=400", "/horizon", "must be from 1 to 365"),
    (f"/predict?horizon={'9' * 5000}", "/horizon", "must be from 1 to 365"),
    (
        "/audit?subject=FOO",
        "/subject",
        "must be one of 'champion', 'challenger', 'schedule', 'versions', 'data' or 'opening'",
    ),
    ("/audit?limit=201", "/limit", "must be from 1 to 200"),
    ("/monitoring/performance?days=4000", "/days", "must be from 1 to 3,660"),
    ("/monitoring/alerts?state=shut", "/state/0", "must be one of 'pending', 'open' or 'resolved'"),
    ("/monitoring/drift?day=2025-02-30", "/day", "must be a day that exists, written as YYYY-MM-DD"),
]


@pytest.mark.parametrize(("path", "sent", "pointer", "sentence"), SENT)
def test_of_a_body(client: FlaskClient, path: str, sent: Any, pointer: str, sentence: str) -> None:
    answer = client.post(path, json=sent)
    assert answer.status_code == 422
    assert body(answer)["errors"] == [{"pointer": pointer, "detail": sentence}]
    assert body(answer)["detail"] == f"{pointer.lstrip('/') or 'The request'}: {sentence}."


@pytest.mark.parametrize(("path", "pointer", "sentence"), ASKED)
def test_of_a_query(client: FlaskClient, path: str, pointer: str, sentence: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert body(answer)["errors"] == [{"pointer": pointer, "detail": sentence}]


@pytest.mark.parametrize(
    ("point", "name", "sentence"),
    [
        ({"date": "2025-02-30", "value": 1}, "date", "must be a day that exists, written as YYYY-MM-DD"),
        ({"date": "2025-02-03", "value": "1"}, "value", "must be a number"),
        ({"date": "2025-02-03", "value": float("nan")}, "value", "must be a finite number"),
        ({"date": "2025-02-03", "value": 1e16}, "value",
         "must be from -1,000,000,000,000,000 to 1,000,000,000,000,000"),
        ({"date": "2025-02-03"}, "value", "is missing"),
    ],
)  # fmt: skip
def test_of_a_history(point: dict[str, Any], name: str, sentence: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read(json.dumps({"history": [point]}).encode())
    (detail,) = refused.value.details
    assert (detail["loc"], sentence_of(detail)) == (("history", 0, name), sentence)


def taken() -> Iterator[type[BaseModel]]:
    """Every model of a query or a body."""
    yield from (HistoryRequest, SeriesRequest)
    for one in chain.from_iterable(module.operations for module in MODULES):
        yield from (model for model in (one.query, one.body) if model is not None)


def schemas(part: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of a JSON schema with the name of the property that it stands in."""
    if isinstance(part, list):
        for one in part:
            yield from schemas(one, name)
    elif isinstance(part, dict):
        yield name, part
        for word, one in part.items():
            if word in ("properties", "$defs"):
                for inner, value in one.items():
                    yield from schemas(value, inner)
            elif word in ("items", "anyOf", "oneOf", "prefixItems"):
                yield from schemas(one, name)


LINE = {"quantity", "price"}
"""Of a line of transactions: app.api.transactions_read has sentences of its own."""


def test_every_range_and_pattern_of_the_models_is_known() -> None:
    ranges, patterns = set(), set()
    for model in taken():
        for name, part in schemas(model.model_json_schema()):
            if "maximum" in part and name not in LINE:
                ranges.add(("horizon" if name == "data" else name, (part["minimum"], part["maximum"])))
            if "pattern" in part:
                patterns.add(part["pattern"])
    assert ranges <= {(name, one) for name, known in RANGES.items() for one in known}
    assert patterns
    assert patterns <= set(PATTERNS)


def test_nothing_sounds_like_the_validator() -> None:
    """Values of every type, put into every field of every model."""
    values: list[Any] = [None, True, 0, -5, 1.5, 1e30, "", "foo\0", "x" * 600, "2025-02-30", "2025-02-30T00:00:00Z",
                         "2025-02-03T00:00:00", [], [3], ["foo"] * 400, {}, {"a": None}]  # fmt: skip
    kinds: set[str] = set()
    for model in taken():
        if get_args(model.model_fields["root"].annotation if "root" in model.model_fields else None):
            continue  # made of others, which are here themselves
        for name in model.model_fields:
            for value in (*values, [{"name": "foo"}], [{}], [{"date": "x", "value": {}}], [{"history": 3, "id": ""}]):
                try:
                    model.model_validate_json(json.dumps({name: value, "extra": 1}))
                except ValidationError as error:
                    for detail in error.errors(include_url=False):
                        if detail["loc"][:1] == ("lines",):
                            continue
                        kinds.add(detail["type"])
                        sentence = sentence_of(detail)
                        assert not PYDANTIC.search(sentence), (model, detail, sentence)
                        assert sentence[0].islower()
                        assert not sentence.endswith(".")
                        assert len(sentence) < 200
    assert len(kinds) > 12


def test_without_a_context_and_of_an_unknown_type_something_is_said_still() -> None:
    assert sentence_of({"type": "uuid_parsing", "msg": "Input should be a UUID", "loc": ()}) == "Input should be a UUID"
    assert sentence_of({"type": "too_long", "msg": "too long", "loc": ("a",)}) == "too long"
    assert all(sentence_of({"type": kind, "msg": "", "loc": ()}) == said for kind, said in FIXED.items())
