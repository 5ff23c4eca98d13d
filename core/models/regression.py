"""Regressors that are known for every day, past and future, and ridge regression on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.series.closures import holiday_flags
from core.series.days import Flags, day_range, to_date, weekday
from core.series.panel import Days, Panel, Values
from core.series.public_holidays import holiday_names

FOURIER_ORDER = 2
YEAR = 365.25
FARTHEST = 10.0
"""Standard deviations at which a known regressor is cut off."""
MIN_OCCURRENCES = 3
RIDGE_WEEKDAY, RIDGE_HOLIDAY, RIDGE_KNOWN, RIDGE_FOURIER = 0.5, 1.0, 1.0, 10.0


@dataclass(frozen=True)
class Design:
    """Columns: intercept, 7 weekdays, holiday, day before one, day after one, known regressors, yearly Fourier."""

    matrix: Values  # shape (number of days, number of columns)
    ridge: Values  # penalty of every column, 0 for the intercept
    rare: Flags  # columns that count only if observed at least MIN_OCCURRENCES times
    fourier: Flags


def design(days: Days, country: str | None, known: Values | None = None) -> Design:
    """The regressors of ``days`` (without gaps); ``known``: shape (number of known regressors, number of days)."""
    dummies = (weekday(days)[:, None] == np.arange(7)).astype(np.float64)
    near = holidays_near(days, country)
    angle = 2 * np.pi * days.astype(np.int64)[:, None] / YEAR * np.arange(1, FOURIER_ORDER + 1)
    others = np.empty((len(days), 0)) if known is None else known.T
    blocks = [np.ones((len(days), 1)), dummies, near, others, np.sin(angle), np.cos(angle)]
    sizes = [block.shape[1] for block in blocks]
    penalties = [0.0, RIDGE_WEEKDAY, RIDGE_HOLIDAY, RIDGE_KNOWN, RIDGE_FOURIER, RIDGE_FOURIER]
    kind = np.repeat(np.arange(len(blocks)), sizes)
    return Design(np.hstack(blocks), np.repeat(penalties, sizes), kind == 2, kind >= 4)


def holidays_near(days: Days, country: str | None) -> Values:
    """Whether a day is a public holiday, the day before one, the day after one: shape (days, 3)."""
    around = day_range(to_date(days[0] - 1), len(days) + 2)
    holiday = holiday_flags(around, holiday_names(country, around)).astype(np.float64)
    return np.column_stack([holiday[1:-1], holiday[2:], holiday[:-2]])


def told_regressors(panel: Panel, row: int, n_days: int) -> Values:
    """The panel's known regressors of one series as they were given, NaN where they are not told: shape (number of
    known regressors, ``n_days``)."""
    columns = np.full((len(panel.known), n_days), np.nan)
    for index, values in enumerate(panel.known.values()):
        there = values[row, :n_days]
        columns[index, : len(there)] = there
    return columns


def known_regressors(panel: Panel, row: int, n_days: int) -> Values | None:
    """The panel's known regressors of one series for ``n_days`` days, standardised by their past; None without any.

    A value that is missing, or lies beyond what is known, is the past mean.
    """
    if not panel.known:
        return None
    columns = told_regressors(panel, row, n_days)
    past = columns[:, : panel.n_days]
    count = np.maximum((~np.isnan(past)).sum(axis=1), 1)[:, None]
    mean = np.nansum(past, axis=1, keepdims=True) / count
    spread = np.sqrt(np.nansum((past - mean) ** 2, axis=1, keepdims=True) / count)
    # What only rounding moves is constant; what has hardly moved must not become a giant when it does.
    moves = spread > 1e-9 * np.maximum(np.abs(mean), 1.0)
    return np.asarray(np.clip(np.nan_to_num((columns - mean) / np.where(moves, spread, 1.0)), -FARTHEST, FARTHEST))


def ridge(matrix: Values, target: Values, penalty: Values) -> Values:
    """argmin |target − matrix·b|² + Σ penalty·b². A column of zeros gets 0 (its penalty must be positive)."""
    gram = matrix.T @ matrix
    empty = np.diag(gram) == 0
    gram[np.diag_indices_from(gram)] += np.where(empty, 1.0, penalty)
    return np.asarray(np.linalg.solve(gram, matrix.T @ target))
