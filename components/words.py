"""Texts, numbers and dates in the language of the reader."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

EXTENSION = "tidemark.words"
"""Where the wiring leaves the translator of the request for those that must not know the wiring."""

NARROW_SPACE = "\u202f"
MISSING = "–"

LONGEST = 80
"""Characters of a text of users' data that are shown inside of ours; the whole stands in the data."""
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff\ufeff]")
"""Controls, ends of lines, what turns the direction of writing for good, and halves of characters."""
ISOLATES = re.compile("[\u2066-\u2069]")
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})

DateLike = dt.date | dt.datetime | pd.Timestamp | str | Any


def shown(text: str, longest: int | None = LONGEST) -> str:
    """A text of users' data as it may stand within ours: in one line, cut, what is not to be seen as its escape, and
    what is written from right to left kept apart, so that it does not turn what stands around it."""
    if text.isascii() and text.isprintable():
        return text if longest is None or len(text) <= longest else text[: longest - 1] + "…"
    text = UNSEEN.sub(_escaped, text)
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    if not _closed(text):
        text = ISOLATES.sub("", text)
    turns = any(unicodedata.bidirectional(one) in RIGHT_TO_LEFT for one in text)
    return f"\u2068{text}\u2069" if turns else text  # first strong isolate, and its end


def _escaped(found: re.Match[str]) -> str:
    return " " if found[0] in "\t\n\r" else found[0].encode("unicode_escape").decode("ascii")


def _closed(text: str) -> bool:
    """Whether every isolate of the text ends in it, and none that stands around it."""
    depth = 0
    for one in ISOLATES.findall(text):
        depth += -1 if one == "\u2069" else 1
        if depth < 0:
            return False
    return depth == 0


class Shown(str):
    """A text that knows the numbers or the ISO day which it shows, for exports; put together with others it forgets."""

    values: tuple[float | str, ...]

    def __new__(cls, text: str, *values: float | str) -> Shown:
        made = super().__new__(cls, text)
        made.values = values
        return made


LEAST = 0.05
"""What is smaller is written as 0."""


@dataclass(frozen=True)
class Words:
    """``t("key", name=value)`` gives the text of a key; ``messages`` is the catalogue of ``lang``."""

    lang: str
    messages: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        if not values:
            return self.messages[key]
        inside = {name: shown(one, None) if isinstance(one, str) else one for name, one in values.items()}
        return self.messages[key].format(**inside)

    def count(self, key: str, n: int, **values: object) -> str:
        """The text of ``key.one`` or ``key.other``, with ``{n}`` written as a number of the language."""
        single = n == 1 or (n == 0 and self.lang == "fr")
        return self(f"{key}.{'one' if single else 'other'}", n=self.number(n), **values)

    def get(self, key: str, otherwise: str) -> str:
        """The text of a key that may be unknown, such as the name of a country or of a future model."""
        return self.messages.get(key, otherwise)

    def number(self, value: float | None, digits: int = 0) -> str:
        """31412.5 → '31,412' in English, '31 412' in French; a missing number is a dash."""
        if value is None or not math.isfinite(value):
            return MISSING
        text = f"{value:,.{digits}f}"
        text = text[1:] if text.startswith("-") and not text.strip("-0.,") else text
        if self.lang == "fr":
            text = text.replace(",", NARROW_SPACE).replace(".", ",")
        return Shown(text.replace("-", "−"), float(value))

    def about(self, value: float | None, figures: int = 3) -> str:
        """Rounded to so many significant figures: 31412 → '31,400', 75.8 → '76', 4.21 → '4.2', .04 → '0'."""
        if value is None or not math.isfinite(value) or abs(value) < LEAST:
            return self.number(value)
        digits = figures - 1 - math.floor(math.log10(abs(value)))
        text = self.number(round(value, digits), 0 if abs(value) >= 10 else max(0, min(digits, 1)))
        return Shown(text, float(value))

    def percent(self, share: float | None, digits: int = 0) -> str:
        """0.127 → '13 %' (French typography) or '13%'."""
        if share is None or not math.isfinite(share):
            return MISSING
        return Shown(self.number(100 * share, digits) + ("\u202f%" if self.lang == "fr" else "%"), float(share))

    def change(self, share: float | None) -> str:
        """A signed percentage: '+12%', '−3%'."""
        if share is None or not math.isfinite(share):
            return MISSING
        return Shown(("+" if round(100 * share) > 0 else "") + self.percent(share), float(share))

    def span(self, low: float, high: float) -> str:
        """An interval: '1,262 – 2,532'."""
        return Shown(f"{self.number(low)} – {self.number(high)}", float(low), float(high))

    def date(self, day: DateLike, style: str = "long") -> str:
        """Styles: 'long' Fri 9 Dec 2011, 'day' 9 Dec 2011, 'short' 9 Dec, 'weekday' Friday 9 December."""
        if day is None:
            return MISSING
        stamp = pd.Timestamp(day)
        full = style == "weekday"
        weekday = self.weekday(stamp.weekday(), short=not full)
        month = self.months(short=not full)[stamp.month - 1]
        first = "1er" if self.lang == "fr" and stamp.day == 1 else str(stamp.day)
        short = f"{first} {month}"
        texts = {"long": f"{weekday} {short} {stamp.year}", "day": f"{short} {stamp.year}", "short": short}
        return Shown(texts.get(style, f"{weekday} {short}"), stamp.date().isoformat())

    def time(self, moment: dt.datetime | None) -> str:
        """A moment (aware) on the clock of the server: 25 Nov 2026, 04:12."""
        if moment is None:
            return MISSING
        local = moment.astimezone()
        return f"{self.date(local, 'day')}, {local:%H:%M}"

    def weekday(self, number: int, short: bool = False) -> str:
        """Name of a day of the week, 0 = Monday."""
        return self.weekdays(short)[number]

    def weekdays(self, short: bool = False) -> list[str]:
        return self("date.weekdays.short" if short else "date.weekdays").split("|")

    def months(self, short: bool = False) -> list[str]:
        return self("date.months.short" if short else "date.months").split("|")

    def segment(self, segment: str, inside: bool = False) -> str:
        """'total' → 'All countries'; 'country:France' → 'France'; ``inside`` a sentence 'all countries'."""
        if segment not in ("total", "country:other"):
            return shown(segment.removeprefix("country:"))
        text = self(f"segment.{segment.removeprefix('country:')}")
        return text[0].lower() + text[1:] if inside else text

    def measure(self, measure: str) -> str:
        return self(f"measure.{measure}")

    def model(self, model: str) -> str:
        return self.get(f"model.{model}", model.replace("_", " ").capitalize())

    def holiday(self, name: str) -> str:
        """A public holiday as core names it, or several on one day; what the catalogue does not know stays as it is."""
        return "; ".join(map(self._holiday, name.split("; ")))

    def _holiday(self, name: str) -> str:
        usual = name.removesuffix(" (observed)")
        text = self.get(f"holiday.{usual}", shown(usual))
        return self("holiday.observed", name=text) if usual != name else text

    def reason(self, reason: str) -> str:
        """Why a day is closed: 'weekday:Saturday', 'holiday:Easter Monday', 'shutdown' … in words."""
        kind, _, detail = reason.partition(":")
        if kind == "weekday":
            english = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
            name = self.weekday(english.index(detail)) if detail in english else detail
            return self("reason.weekday", day=name)
        if kind == "holiday" and detail:
            return self.holiday(detail)
        return self.get(f"reason.{kind}", shown(reason))
