"""The header Accept chooses the format as RFC 9110 says, and 406 names those that there are."""

from __future__ import annotations

import pytest

from app.api.media import CSV, JSON, wanted
from app.api.problems import ApiError


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("application/json; charset=utf-8", JSON),
        ("APPLICATION/JSON", JSON),
        ("text/csv", CSV),
        ("text/csv; charset=utf-8", CSV),
        ("text/csv;header=present", CSV),
        ("text/*", CSV),
        ("application/*, text/csv;q=0.9", JSON),
        ("text/csv, application/json", JSON),
        ("text/csv, application/json;q=0.9", CSV),
        ("text/csv;q=0.5, */*;q=0.1", CSV),
        ("text/csv;q=0.2, application/json;q=0.3", JSON),
        ("application/json;q=0, */*", CSV),
        ("text/csv;q=0, */*", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
    ],
)
def test_the_best_for_the_client(accept: str, expected: str) -> None:
    assert wanted(accept) == expected


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;q=0", "*/*;q=0", "text/csv;q=0", "nonsense", ";;,q=", "application/xml"]
)
def test_nothing_that_can_be_given(accept: str) -> None:
    with pytest.raises(ApiError, match="application/json or text/csv") as refused:
        wanted(accept)
    assert refused.value.status == 406
