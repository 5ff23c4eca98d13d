"""What a panel's past says at an origin, as arrays: levels, weekday profiles, the shape of the year before, calendar.

Everything an origin is told comes from days before it; origins are day numbers o (the days 0 … o − 1 are known). Values
are on the scale z = log1p(value); NaN where a day teaches nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.models.observed import observed
from core.models.regression import holidays_near, known_regressors, told_regressors
from core.models.running_sums import Index, RunningSums
from core.series.days import Flags, Ints, day_range, month_day, weekday
from core.series.panel import Panel, Values
from core.series.panel_calendar import Calendar, open_rows

LEVELS = (1, 3, 7, 14, 28, 56, 91)
LEVEL = 28
PROFILE_WEEKS = 13
SHORT_PROFILE_WEEKS = 4
YEAR = 364
"""Days back to the same weekday of the year before."""
FAR = 15
"""Days to a holiday or closure beyond which it does not matter how many; a calendar must reach as far ahead."""
FAR_CHRISTMAS = 60
SPANS = (0, 3, 7, 14)
"""Days to either side that a year-ago mean takes in."""
REGULAR = 0.85


class History:
    """A panel as known at its end, with ``ahead`` further days of calendar and known regressors."""

    def __init__(self, panel: Panel, calendar: Calendar, ahead: int) -> None:
        self.n_days, self.ahead, self.count = panel.n_days, ahead, len(panel.series)
        self.days = day_range(panel.first_day, panel.n_days + ahead)
        self.weekdays = weekday(self.days)
        self.is_open = open_rows(calendar, self.count, self.days)
        known, self.intermittent = observed(panel.values, self.is_open[:, : panel.n_days])
        self.values = np.maximum(known, 0.0)
        self.log = np.log1p(self.values)
        self.near_holidays = holidays_near(self.days, calendar.country)
        self.known = self._known(panel)
        # The same as they were given, NaN where they are not told.
        self.told = np.stack([told_regressors(panel, row, len(self.days)) for row in range(self.count)])
        self._sums, self._levels = RunningSums(self.log), dict[int, Values]()
        self.profile = self._profile(PROFILE_WEEKS)
        self.short_profile = self._profile(SHORT_PROFILE_WEEKS)
        self.flat = self._deseasonalised()
        self._shape = RunningSums(self.flat)

    # -- what an origin knows. ``rows``, ``origins`` and ``targets`` (day numbers) broadcast against each other.

    def level(self, rows: Index, origins: Index, days: int = LEVEL) -> Values:
        """Mean of the last ``days`` calendar days; the last known mean where all of them are missing."""
        return np.asarray(self.levels(days)[rows, origins])

    def levels(self, days: int = LEVEL) -> Values:
        """The same for every series and origin: shape (series, days + 1)."""
        if days not in self._levels:
            self._levels[days] = self._sums.filled(days)
        return self._levels[days]

    def spread(self, rows: Index, origins: Index) -> Values:
        """Standard deviation of the last 28 days."""
        return self._sums.deviation(rows, origins - LEVEL, origins)

    def seen(self, rows: Index, origins: Index) -> Ints:
        """How many days are observed."""
        return np.asarray(self._sums.counts[rows, origins])

    def year_level(self, rows: Index, origins: Index) -> Values:
        """The level a year before the origin, from days up to then; NaN without any."""
        return self._sums.mean(rows, origins - YEAR - LEVEL, origins - YEAR)

    def weekday_effect(self, profile: Values, rows: Index, origins: Index, targets: Index) -> Values:
        """What a profile, as known at the origin, says of the target's weekday."""
        return np.asarray(profile[rows, origins, self.weekdays[targets]])

    def year_shape(self, rows: Index, origins: Index, targets: Index, span: int) -> Values:
        """Deseasonalised mean a year before the target ± span, relative to that a year before the origin."""
        near = self._shape.mean(rows, targets - YEAR - span, np.minimum(targets - YEAR + span + 1, origins))
        return np.asarray(near - self._shape.mean(rows, origins - YEAR - LEVEL, origins - YEAR))

    # -- the calendar of day numbers: shape (series, days) or (days,)

    def calendar_features(self) -> dict[str, Values]:
        """Known for every day, past and future."""
        closed = ~self.is_open
        # A closure that the week repeats is no event; one on a weekday that is usually open is.
        odd = closed & ~self._regularly_closed()
        holiday, before, after = self.near_holidays.T
        event = odd | (holiday > 0)
        padded = np.pad(closed.astype(np.float64), ((0, 0), (8, 8)))
        total = np.cumsum(padded, axis=1)
        at = np.arange(len(self.days)) + 8
        month_days = month_day(self.days)
        jan_first = self.days.astype("datetime64[Y]").astype("datetime64[D]")
        return {
            "weekday": self.weekdays.astype(np.float64),
            "day_of_month": (month_days % 100).astype(np.float64),
            "day_of_year": (self.days - jan_first).astype(np.float64),
            "to_christmas": _to_christmas(self.days),
            "holiday": holiday,
            "holiday_next": before,
            "holiday_last": after,
            "since_event": since(event),
            "to_event": since(event[:, ::-1])[:, ::-1],
            "closed_before": np.pad(closed, ((0, 0), (1, 0)))[:, :-1].astype(np.float64),
            "closed_after": np.pad(closed, ((0, 0), (0, 1)))[:, 1:].astype(np.float64),
            "closures_before": total[:, at - 1] - total[:, at - 8],
            "closures_after": total[:, at + 7] - total[:, at],
        }

    def begun(self) -> Flags:
        """Days that have an observed one before them: (series, days). Before, there is no level to compare with."""
        return np.asarray(self._sums.counts[:, : self.n_days] > 0)

    # -- inside

    def _known(self, panel: Panel) -> Values:
        """Regressors known in advance, standardised by their past: shape (series, regressors, days)."""
        rows = [known_regressors(panel, row, len(self.days)) for row in range(self.count)]
        return np.stack([np.empty((0, len(self.days))) if row is None else row for row in rows])

    def _profile(self, weeks: int) -> Values:
        """Mean of z − level over the last ``weeks`` same weekdays, known at every origin: (series, origins, 7).

        A weekday not seen yet is as the level.
        """
        # The level of a day is that of the evening before: the profile of an origin knows no later day.
        relative = np.where(self.begun(), self.log - self.levels()[:, : self.n_days], np.nan)
        profile = np.zeros((self.count, self.n_days + 1, 7))
        rows, ends = np.arange(self.count)[:, None], np.arange(self.n_days + 1)
        for day in range(7):
            where = np.flatnonzero(self.weekdays[: self.n_days] == day)
            if len(where):
                seen = np.searchsorted(where, ends)
                profile[:, :, day] = np.nan_to_num(RunningSums(relative[:, where]).mean(rows, seen - weeks, seen))
        return profile

    def _deseasonalised(self) -> Values:
        days = np.arange(self.n_days)
        return np.asarray(self.log - self.profile[:, days, self.weekdays[: self.n_days]])

    def _regularly_closed(self) -> Flags:
        """Days whose weekday is closed in at least 85 % of the past."""
        weeks = (self.weekdays[: self.n_days] == np.arange(7)[:, None]).astype(np.float64)
        closed = (~self.is_open[:, : self.n_days]).astype(np.float64)
        share = closed @ weeks.T / np.maximum(weeks.sum(axis=1), 1.0)
        return np.asarray(share[:, self.weekdays] >= REGULAR)


def since(event: Flags, most: int = FAR) -> Values:
    """Days since the last event, today being 0; at most ``most``. event: days along the last axis."""
    at = np.arange(event.shape[-1])
    last = np.maximum.accumulate(np.where(event, at, -most), axis=-1)
    return np.asarray(np.minimum(at - last, most), dtype=np.float64)


def _to_christmas(days: npt.NDArray[np.datetime64]) -> Values:
    """Days to the next 25 December, at most FAR_CHRISTMAS."""
    years = days.astype("datetime64[Y]") + (month_day(days) > 1225)
    christmas = (years + 1).astype("datetime64[D]") - 7
    return np.asarray(np.minimum((christmas - days).astype(np.int64), FAR_CHRISTMAS), dtype=np.float64)
