"""Public holidays by name, from the package ``holidays``, and the country whose holidays a business keeps."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

import numpy as np

from core.series.days import as_days, to_date, year_of
from core.series.panel import Days

EASTER_SUNDAY = "Easter Sunday"

_PLACES = {
    "england": "GB-ENG",
    "scotland": "GB-SCT",
    "wales": "GB-WLS",
    "northern ireland": "GB-NIR",
    "united kingdom": "GB-ENG",
    "great britain": "GB-ENG",
    "gb": "GB-ENG",
    "gbr": "GB-ENG",
    "uk": "GB-ENG",
    "eire": "IE",
    "usa": "US",
    "united states of america": "US",
    "rsa": "ZA",
    "uae": "AE",
    "korea": "KR",
    "holland": "NL",
}
"""Spellings met in sales data that the package does not know; the United Kingdom keeps England's holidays."""


def holiday_country(main_country: str | None, setting: str | None = None) -> str | None:
    """The code whose public holidays apply, e.g. ``GB-ENG``, or None for no holidays.

    ``setting`` (a code, or ``none``) wins over the name of the data's main country, which may be an English name
    ("United Kingdom"), a code ("FR", "FRA") or unknown ("Unspecified": None).
    """
    if setting:
        return None if setting.lower() == "none" else setting.upper()
    if not main_country:
        return None
    name = " ".join(re.sub(r"[^a-z]+", " ", main_country.lower()).split())
    return _PLACES.get(name) or _codes().get(name)


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """English country name or ISO code (lower case, words separated by spaces) → two-letter code."""
    from holidays.registry import COUNTRIES

    codes: dict[str, str] = {}
    for module, (_, alpha2, *others) in COUNTRIES.items():
        for name in (module.replace("_", " "), alpha2.lower(), *(other.lower() for other in others)):
            codes[name] = alpha2
    return codes


def holiday_names(country: str | None, days: Days) -> dict[dt.date, tuple[str, ...]]:
    """Names of the public holidays among ``days``; a substitute day stands under its parent's name.

    Easter Sunday is added: many businesses close although it is a public holiday in few countries.
    """
    if country is None or len(days) == 0:
        return {}
    years = np.unique(year_of(as_days(days)))
    wanted = {to_date(day) for day in as_days(days)}
    return {day: names for year in years for day, names in _of_year(country, int(year)).items() if day in wanted}


@lru_cache(maxsize=512)
def _of_year(country: str, year: int) -> dict[dt.date, tuple[str, ...]]:
    import holidays

    code, _, part = country.partition("-")
    # The neighbouring years are asked too: a substitute day may fall into the year before or after its parent's.
    found = holidays.country_holidays(code, subdiv=part or None, years=range(year - 1, year + 2), expand=False)
    names = {day: _parents(text) for day, text in found.items() if day.year == year}
    sunday = easter_sunday(year)
    return {**names, sunday: (*names.get(sunday, ()), EASTER_SUNDAY)} if sunday not in names else names


def _parents(text: str) -> tuple[str, ...]:
    """'Boxing Day (observed); Fair Day' → ('Boxing Day', 'Fair Day')."""
    names = (re.sub(r"\s*\([^)]*\)", "", part).strip() for part in text.split(";"))
    return tuple(dict.fromkeys(name for name in names if name))


def easter_sunday(year: int) -> dt.date:
    """Western Easter by the Gregorian computus (Meeus, Jones, Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    lunar = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - lunar - rest % 4) % 7
    late = (golden + 11 * lunar + 22 * week) // 451
    month, day = divmod(lunar + week - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)
