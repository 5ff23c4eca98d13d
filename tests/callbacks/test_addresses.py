"""Addresses of pages, and those of none."""

from __future__ import annotations

import dash
import pytest


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/forecast", 200), ("/forecast/", 200), ("/lifecycle", 200), ("/monitor?tab=features", 200),
     ("/nope", 404), ("/predictions", 404), ("/Forecast", 404), ("/nope/forecast", 404), ("/not-found-404", 404)],
)  # fmt: skip
def test_a_path_without_a_page_says_so_to_programs_too(app: dash.Dash, path: str, status: int) -> None:
    answer = app.server.test_client().get(path)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
