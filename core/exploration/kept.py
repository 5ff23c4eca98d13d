"""What was worked out of a generation, kept for the next who asks: a generation never changes."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from core.transactions.store import Generation

MOST = 64
"""Answers kept of one generation; the one not asked for the longest goes first."""

T = TypeVar("T")

_lock = threading.Lock()
_kept: weakref.WeakKeyDictionary[Generation, OrderedDict[Hashable, Any]] = weakref.WeakKeyDictionary()


def keep(generation: Generation, key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` returned for this key before, else what it returns now. Nobody may change it.

    Two who ask at once may both make it: that costs time, but nobody waits for somebody else's slow query.
    """
    with _lock:
        answers = _kept.setdefault(generation, OrderedDict())
        if key in answers:
            answers.move_to_end(key)
            return cast(T, answers[key])
    made = make()
    with _lock:
        answers[key] = made
        while len(answers) > MOST:
            answers.popitem(last=False)
    return made
