"""Addresses of pages, and those of none."""

from __future__ import annotations

import dash
import pytest

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/forecast", 200), ("/forecast/", 200), ("/lifecycle", 200), ("/monitor?tab=features", 200),
     ("/nope", 404), ("/predictions", 404), ("/Forecast", 404), ("/nope/forecast", 404), ("/not-found-404", 404)],
)  # fmt: skip
def test_a_path_without_a_page_says_so_to_programs_too(app: dash.Dash, path: str, status: int) -> None:
    answer = app.server.test_client().get(path)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (None, True),
        ("*/*", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),  # as browsers ask
        ("application/json", False),
        ("application/json, text/plain, */*", False),
        ("application/problem+json", False),
        ("text/html;q=0.5, application/json", False),
    ],
)
@pytest.mark.parametrize("path", ["/predictt", "/job/1", "/alerts", "/v1/predict"])
def test_an_unknown_address_is_told_in_the_form_that_is_asked_for(
    app: dash.Dash, path: str, accept: str | None, page: bool
) -> None:
    answer = app.server.test_client().get(path, headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.mimetype) == (404, "text/html" if page else PROBLEM)
    assert "Accept" in answer.headers["Vary"]
    if not page:
        assert answer.json["detail"] == "There is nothing under this address."
        assert answer.json["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO"])
@pytest.mark.parametrize("path", ["/predictt", "/job/1", "/v1/predict", "/predict/nothing"])
def test_no_method_makes_an_address(app: dash.Dash, path: str, method: str) -> None:
    answer = app.server.test_client().open(path, method=method, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, PROBLEM)
    assert "Allow" not in answer.headers


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/", "POST", {"GET", "HEAD"}),
        ("/forecast", "POST", {"GET", "HEAD"}),
        ("/forecast/", "DELETE", {"GET", "HEAD"}),
        ("/predict", "PUT", {"GET", "HEAD", "POST"}),
        ("/_dash-update-component", "PUT", {"POST"}),
        ("/_dash-layout", "POST", {"GET", "HEAD"}),
        ("/_tidemark/now", "POST", {"GET", "HEAD"}),
    ],
)
def test_what_is_there_says_what_is_possible(app: dash.Dash, path: str, method: str, allowed: set[str]) -> None:
    answer = app.server.test_client().open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (405, PROBLEM)
    assert allowed <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ["/", "/forecast"])
def test_a_page_is_a_page_whatever_is_accepted(app: dash.Dash, path: str) -> None:
    answer = app.server.test_client().get(path, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
