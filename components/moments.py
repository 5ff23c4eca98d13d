"""Moments and spans of time in words: how long ago, how long it took, how much is left."""

from __future__ import annotations

import datetime as dt
import math

from components.words import MISSING, Words


def ago(t: Words, moment: dt.datetime, now: dt.datetime) -> str:
    """'just now', '5 minutes ago', '3 hours ago', '2 days ago'."""
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return t("time.just_now")
    minutes, hours = int(seconds // 60), int(seconds // 3600)
    if minutes < 60:
        return t.count("time.minutes_ago", minutes)
    return t.count("time.hours_ago", hours) if hours < 48 else t.count("time.days_ago", hours // 24)


def duration(t: Words, seconds: float | None) -> str:
    """'4.2 s', '38 s', '3 min 20 s', '1 h 5 min'."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    if seconds < 9.95:
        return t("time.s", n=t.number(max(seconds, 0.0), 1))
    whole = round(seconds)
    if whole < 60:
        return t("time.s", n=t.number(whole))
    if whole < 3600:
        return t("time.min_s", m=t.number(whole // 60), s=t.number(whole % 60))
    return t("time.h_min", h=t.number(whole // 3600), m=t.number(whole % 3600 // 60))


def left(t: Words, seconds: float | None) -> str:
    """'about 2 minutes left'; empty while nothing can be said."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    if seconds < 50:
        return t("time.left.moment")
    minutes = max(round(seconds / 60), 1)
    return t.count("time.left.minutes", minutes) if minutes < 90 else t.count("time.left.hours", round(minutes / 60))
