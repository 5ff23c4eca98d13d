"""The prediction log: a share of what is noted, later and together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from app import prediction_log
from app.settings import Settings
from core.access.prediction_log import newest
from core.state.engine import open_engine


def note_many(server: Flask, settings: Settings, share: float, count: int) -> list[str]:
    """Ids of the requests that were kept."""
    prediction_log.register(server, replace(settings, prediction_log=share))
    for number in range(count):
        with server.test_request_context():
            if prediction_log.picked():
                prediction_log.note(f"r{number}", "api", "v1", "revenue/total", "sarima", {"horizon": 3}, "abc")
    server.extensions[prediction_log.EXTENSION].batches.close(30)
    return [one.request_id for one in newest(open_engine(settings.core.database), 10_000)]


@pytest.mark.parametrize(("share", "kept"), [(0.0, 0), (1.0, 500)])
def test_all_or_nothing(server: Flask, settings: Settings, share: float, kept: int) -> None:
    assert len(note_many(server, settings, share, 500)) == kept


def test_a_share(server: Flask, settings: Settings) -> None:
    """600 of 2,000 expected, standard deviation 20."""
    assert 480 < len(note_many(server, settings, 0.3, 2000)) < 720


def test_what_is_kept(server: Flask, settings: Settings) -> None:
    note_many(server, settings, 1.0, 1)
    (found,) = newest(open_engine(settings.core.database), 10)
    assert (found.who, found.version_id, found.series, found.model) == ("api", "v1", "revenue/total", "sarima")
    assert (found.asked, found.tag, found.at.tzinfo is not None) == ({"horizon": 3}, "abc", True)
