"""What only editors may do is said where it is done: no callback that changes something goes without."""

from __future__ import annotations

import inspect
import json

import dash
import pytest
from flask import request

from callbacks import access
from callbacks.access import PERSON, Person, changes, is_changing, switches
from callbacks.models_actions import who
from tests.callbacks.changing import changes_of, writers

LOOKING = {
    ("callbacks.monitor_features", "draw_detail"): {"start"},
    ("callbacks.monitor_features", "draw_again"): {"start"},
    ("callbacks.explore_tabs", "draw_profiles"): {"profile"},
    ("callbacks.explore_tabs", "draw_countries"): {"ranking"},
    ("callbacks.explore_tabs", "draw_products"): {"ranking"},
    ("callbacks.explore", "download"): {"ranking"},
    ("callbacks.forecast_tabs", "draw"): {"note"},
}
"""Callbacks that begin the counting of lines, because somebody looks at them: nothing that anybody decides. And those
whose functions of core keep answers in memory, or have namesakes that write."""


def test_the_services_that_change_something_are_found() -> None:
    known = {"start", "cancel", "promote", "roll_back", "change", "acknowledge", "resolve", "silence_alert"}
    assert known | {"end_together", "write_generation", "publish", "create", "add"} <= writers()


def test_every_callback_that_changes_something_says_so(app: dash.Dash) -> None:
    silent = {}
    for entry in app.callback_map.values():
        callback = entry.get("callback")
        if callback is None or is_changing(callback):  # without one it runs in the browser
            continue
        name = (callback.__module__, inspect.unwrap(callback).__name__)
        if found := changes_of(callback) - LOOKING.get(name, set()):
            silent[name] = found
    assert silent == {}, "register what changes something with callbacks.access.changes"


def test_the_search_finds_what_says_nothing(app: dash.Dash) -> None:
    found = {
        inspect.unwrap(entry["callback"]).__name__
        for entry in app.callback_map.values()
        if entry.get("callback") and changes_of(entry["callback"])
    }
    assert {"retrain", "cancel", "answer", "save", "reset", "run_daily", "look", "try_change", "replay"} <= found


def test_what_runs_in_the_background_changes_something(app: dash.Dash) -> None:
    """Jobs are begun by it; what a callback does in another process the search does not see."""
    behind = [entry for entry in app.callback_map.values() if entry.get("background")]
    assert behind
    assert all(is_changing(entry["callback"]) for entry in behind)


def test_the_switches_are_what_leads_to_changes(app: dash.Dash) -> None:
    found = switches(app.callback_map)
    assert {"retrain", "schedule-save", "monitor-look", "ask-do"} <= {one for one in found if isinstance(one, str)}
    assert {"job": ["ALL"], "type": "cancel"} in found
    assert not [one for one in found if isinstance(one, str) and one.endswith(("csv", "theme-switch"))]
    assert json.loads(json.dumps(found)) == found


def test_a_mark_changes_nothing_else() -> None:
    def callback() -> int:
        return 3

    assert not is_changing(callback)
    assert changes(callback) is callback
    assert (is_changing(callback), callback()) == (True, 3)


@pytest.mark.usefixtures("ready")
def test_who_has_signed_in_stands_in_the_record() -> None:
    assert access.person() is None
    assert who(" Bea\n\tB ") == "Bea B"
    request.environ[PERSON] = Person("anna", "editor", signed_in_here=True)
    assert (who("Bea"), who(None)) == ("anna", "anna")
