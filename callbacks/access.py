"""Who looks at a page, and what only editors may do.

A callback that changes something is registered as ``changes(callback)``. The gate in app/access refuses it to viewers,
and the buttons that lead to it are switched off for them; a test finds callbacks that change something and do not say
so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import has_request_context, request

from components import ids
from core.access.users import Role

GATE = "tidemark gate"
"""Where the wiring leaves the gate of the pages, for those that must not know the wiring."""
PERSON = "tidemark.person"
"""Where the environment of a request carries its Person, None where nobody has to sign in."""

Called = TypeVar("Called", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Person:
    """``signed_in_here``: with a password and not by a proxy, so that this is the place to sign out."""

    name: str
    role: Role
    signed_in_here: bool


def person() -> Person | None:
    """Who has signed in; None where nobody has to."""
    return request.environ.get(PERSON) if has_request_context() else None


def changes(callback: Called) -> Called:
    """Says that a callback changes something, so that only editors may call it."""
    callback.changes = True  # type: ignore[attr-defined]
    return callback


def is_changing(callback: Any) -> bool:
    """Whether a callback, as Dash keeps it, was registered as one that changes something."""
    return bool(getattr(callback, "changes", False))


def switches(callback_map: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """The ids of what calls changing callbacks, or sends a file from the browser: texts, and patterns as Dash writes
    them."""
    found = {
        one["id"] for entry in callback_map.values() if is_changing(entry.get("callback")) for one in entry["inputs"]
    }
    found |= {ids.Intake.CHOOSE, ids.Opening.IMPORT}
    return [json.loads(one) if one.startswith("{") else one for one in sorted(found)]
