"""What the reader sees when a callback fails: a sentence in the corner, never a stack trace, never silence."""

from __future__ import annotations

import logging

from dash import no_update, set_props

from callbacks.services import words
from components import ids
from core.errors import TidemarkError

log = logging.getLogger(__name__)


def show_error(error: Exception) -> object:
    """Shows the sentence of a TidemarkError; of anything else only that it happened, the log has the rest."""
    if isinstance(error, TidemarkError):
        sentence = str(error)
    else:
        log.error("a callback failed", exc_info=error)
        sentence = words()("error.unexpected")
    set_props(ids.TOAST_TEXT, {"children": sentence})
    set_props(ids.TOAST, {"is_open": True})
    set_props(ids.LIVE, {"children": sentence})
    return no_update
