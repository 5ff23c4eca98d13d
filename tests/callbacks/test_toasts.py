"""The end of a job is told once on every open page, whoever began it."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import dash
import pytest
from dash import no_update

from callbacks import toasts
from callbacks.services import Services, services
from core.errors import InputError


@pytest.fixture
def told(empty: dash.Dash, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Inside a request; what ``set_props`` was asked for is kept."""
    said: list[str] = []
    monkeypatch.setattr(toasts, "ready_of", lambda _: "data v1")
    monkeypatch.setattr(toasts, "set_props", lambda _, props: said.append(props["children"]))
    with empty.server.test_request_context("/", headers={"Accept-Language": "en"}):
        yield services(), said


def end(found: Services, kind: str, problem: str = "") -> int:
    job = found.jobs.start(kind, "somebody else", "test")
    with contextlib.suppress(InputError), found.jobs.run(job):
        if problem:
            raise InputError(problem)
    return job.id


def texts(shown: Any) -> str:
    return json.dumps(json.loads(dash._utils.to_json(shown)))


def test_told_once(told: Any) -> None:
    found, said = told
    end(found, "train")  # before the page was opened
    known = toasts.known_of(found)
    assert toasts.tell("a", known) == (no_update, known)
    running = found.jobs.start("monitor", "somebody else", "test")
    assert toasts.tell("b", known)[0] is no_update
    known = toasts.tell("b", known)[1]
    with found.jobs.run(running):
        pass
    end(found, "trial", "the day is wrong")  # began and ended between two looks
    shown, after = toasts.tell("c", known)
    assert "/monitor" in texts(shown)
    assert "the day is wrong" in texts(shown)
    assert said == ["Look at the history (job 2): done. Trial of a change (job 3): failed. the day is wrong."]
    assert toasts.tell("c", after) == (no_update, after)


def test_a_long_job_is_told_after_many_others(told: Any) -> None:
    found, said = told
    long = found.jobs.start("train", "somebody", "test")
    known = toasts.known_of(found)
    for _ in range(toasts.NEWEST + 2):
        end(found, "merge")
    shown, known = toasts.tell("a", known)
    assert shown is no_update  # posted batches are not told
    with found.jobs.run(long):
        pass
    assert toasts.tell("b", known)[0] is not no_update
    assert said == ["Training (job 1): done."]


def test_a_cancelled_job_is_told(told: Any) -> None:
    found, said = told
    known = toasts.known_of(found)
    found.jobs.cancel(found.jobs.start("train", "somebody", "test").id)
    toasts.tell("a", known)
    assert said == ["Training (job 1): cancelled. Nothing was changed by it."]


def test_before_the_first_forecast_the_frame_tells(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found, said = told
    monkeypatch.setattr(toasts, "ready_of", lambda _: None)
    known = toasts.known_of(found)
    end(found, "prepare", "the file is empty")
    shown, after = toasts.tell("a", known)
    assert (shown, after, said) == (no_update, toasts.known_of(found), [])
