"""Monitor: of what the answer of a job was made, and whether that is what is there now; how a later job ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from dash import html

from components.views import models_words as told
from components.views import monitor_words as said
from components.words import Words

PARTS = ("generation", "version", "budget", "line")
"""What an answer may follow from, as in core.monitoring.made."""


def outcome(
    t: Words,
    job: Any,
    done: Any | None,
    answer: type | tuple[type, ...],
    cancelled: str,
    failed: str,
    tell: Callable[[Words, str], str] | None = None,
) -> tuple[Any, Any | None]:
    """What is said of the newest job that has ended, and the job whose answer is shown; either may be None. ``done``:
    the newest that has an answer, which a later one without any must not hide; ``cancelled``, ``failed``: what is said
    of such a one; ``tell``: puts an error of core into the words of the page."""
    if job.state == "done" and isinstance(job.result, answer) and job.result:
        return None, job
    found = done if done is not None and isinstance(done.result, answer) and done.result else None
    if job.state == "cancelled":
        symbol, sentences = "info-circle", [cancelled]
    else:
        error = tell(t, job.error) if tell is not None and job.error else job.error
        symbol, sentences = "exclamation-triangle-fill", [error or failed]
    if found is not None:
        sentences.append(t("made.before"))
    return told.line(symbol, " ".join(sentences)), found


def stamp(t: Words, job: Any, now: Mapping[str, Any] | None) -> html.P:
    """When ``job`` was done and of what, marked where something is another ``now`` (as the answer keeps it)."""
    made = job.result.get("made") if isinstance(job.result, Mapping) else None
    if not isinstance(made, Mapping):
        return told.line("info-circle", t("made.unknown", time=t.time(job.finished_at)), "tm-told tm-note")
    moment = dt.datetime.fromisoformat(made["at"])
    parts = [t("made.at", time=t.time(moment), day=t.date(made["last_day"], "day"), generation=made["generation"])]
    if made.get("version"):
        parts.append(t("made.version", version=made["version"]))
    if "budget" in made:
        parts.append(f"{said.budget(t, made['budget'])}.")
    other = [t(f"made.other.{one}") for one in PARTS if now is not None and one in made and made[one] != now.get(one)]
    if other:
        parts.append(t("made.other", what=", ".join(other)))
    return told.line("exclamation-triangle-fill" if other else "info-circle", " ".join(parts), "tm-told tm-note")
