"""The covariance of daily volumes that the Gaussian process believes in, and its closed-form forecasts.

On the scale z = log1p(value), in units of the noise: a level that wanders within a year, a short memory, a profile of
the week, a shape of the year, effects of regressors, noise. Every part but the regressors depends on the distance of
two days alone, so a covariance is a gather from a vector of distances. The mean forecast does not depend on the size of
the noise: a series needs no scale, and series with the same observed days share one Cholesky factor.
Rasmussen & Williams (2006), chapters 2 and 4; the periodic covariance is MacKay's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve, cholesky, solve_triangular

from core.series.panel import Values

Index = npt.NDArray[np.int64]

YEAR = 365.25
CONSTANT = 20.0
"""Prior deviation of the overall mean: wide enough not to matter."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """Standard deviations in units of the noise's, length scales in days (the year's: in radians / 2)."""

    level: float
    level_days: float
    memory: float
    yearly: float
    noise: float = 1.2
    memory_days: float = 4.0
    week: float = 1.0
    week_days: float = 600.0
    yearly_width: float = 0.5
    yearly_days: float = 3000.0
    regressors: float = 2.0

    def by_distance(self, longest: int) -> Values:
        """Covariance of two days without regressors and noise, by their distance 0 … ``longest`` in days."""
        d = np.arange(longest + 1, dtype=np.float64)
        covariance = CONSTANT**2 + self.level**2 * np.exp(-d / self.level_days)
        covariance += self.memory**2 * np.exp(-d / self.memory_days)
        covariance += self.week**2 * np.exp(-d / self.week_days) * (d % 7 == 0)
        season = np.exp(-2 * (np.sin(np.pi * d / YEAR) / self.yearly_width) ** 2)
        return np.asarray(covariance + self.yearly**2 * np.exp(-d / self.yearly_days) * season)


KERNELS = tuple(
    Kernel(level=level, level_days=days, memory=memory, yearly=1.3)
    for level, days in ((0.5, 300.0), (1.2, 120.0))
    for memory in (0.4, 1.0)
)
"""The candidates that are averaged; docs/decisions.md says how they were chosen."""
MIDDLE = Kernel(level=0.8, level_days=250.0, memory=0.7, yearly=1.3)
"""One for all, where a single forecast of every origin is asked for."""
MOST_DAYS = 730
"""Days of history that are looked at."""


class Solved:
    """A kernel with the Cholesky factor of its observed days; serves every series observed on just these days."""

    def __init__(self, kernel: Kernel, observed: Index, longest: int, regressors: Values) -> None:
        """observed: day numbers, ascending; longest: the greatest distance asked for; regressors: (days, columns)."""
        self.kernel, self.observed, self.regressors = kernel, observed, regressors
        self._by_distance = kernel.by_distance(longest)
        covariance = self.covariance(observed)
        covariance[np.diag_indices_from(covariance)] += kernel.noise**2
        self._factor = cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)

    def covariance(self, days: Index) -> Values:
        """Prior covariance of ``days`` with the observed days, shape (days, observed)."""
        covariance = self._by_distance[np.abs(days[:, None] - self.observed)]
        if self.regressors.shape[1]:
            x = self.kernel.regressors * self.regressors
            covariance += x[days] @ x[self.observed].T
        return np.asarray(covariance)

    def weights(self, values: Values) -> Values:
        """α: a forecast is covariance(day) · α. values: shape (observed,), centred."""
        return np.asarray(cho_solve((self._factor, True), values, check_finite=False))

    def half(self, days: Index) -> Values:
        """L⁻¹ covariance(days)ᵀ, shape (observed, days): its first rows are those of a shorter history."""
        return np.asarray(solve_triangular(self._factor, self.covariance(days).T, lower=True, check_finite=False))

    def innovations(self, values: Values) -> Values:
        """L⁻¹ values; the first k are those of the first k observations alone. Dot products with the first k rows of
        ``half`` forecast from these: every origin of a history in one pass."""
        return np.asarray(solve_triangular(self._factor, values, lower=True, check_finite=False))
