"""What a page is about: the data, the champion and the series that its controls name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dash.exceptions import PreventUpdate

from callbacks.services import Services, services
from components.measures import DEFAULT_MEASURE
from core.series.panel import MEASURES, TOTAL, Series

if TYPE_CHECKING:
    import pandas as pd

    from core.lifecycle.version import Version
    from core.series.panel import Panel
    from core.transactions.store import Generation


@dataclass(frozen=True, slots=True)
class Chosen:
    """``version`` is the champion, ``generation`` the data that it learnt from, with what was posted since (the newest,
    where those are gone)."""

    services: Services
    generation: Generation
    version: Version

    @property
    def panel(self) -> Panel:
        return self.generation.panel()

    def series(self, measure: str | None, segment: str | None) -> Series:
        """The series named; what the champion does not know becomes the default measure, or the total."""
        known = self.known
        measures = {one.measure for one in known}
        fallback = DEFAULT_MEASURE if DEFAULT_MEASURE in measures else known[0].measure
        wanted = Series(measure if measure in measures else fallback, segment or TOTAL)
        return wanted if wanted in known else Series(wanted.measure)

    def backtest(self, series: Series, model: str | None = None) -> pd.DataFrame:
        """The backtest rows of one series, of one model or of all; kept with the version, which never changes."""

        def select() -> pd.DataFrame:
            rows = self.version.backtest()
            mine = (rows["measure"] == series.measure) & (rows["segment"] == series.segment)
            return rows[mine & (rows["model"] == model) if model else mine].reset_index(drop=True)

        return self.version.keep(("backtest of", series, model), select)

    @property
    def known(self) -> list[Series]:
        """What there are both data and forecasts of."""
        data = set(self.panel.series)
        return [series for series in self.version.series() if series in data] or list(self.version.series())

    @property
    def measures(self) -> list[str]:
        found = {series.measure for series in self.known}
        return [measure for measure in MEASURES if measure in found]

    @property
    def segments(self) -> list[str]:
        return list(dict.fromkeys(series.segment for series in self.known))


def chosen(ready: str | None) -> Chosen:
    """Raises PreventUpdate as long as there is no first forecast: the frame shows that state for every page."""
    found = services()
    generation, version = found.store.current(), found.registry.champion()
    if not ready or generation is None or version is None:
        raise PreventUpdate
    # new data may have other measures, countries and days: they show when a version has learnt from them
    learnt_from = found.store.named(str(version.manifest["data"]["generation"]))
    if learnt_from is None or generation.manifest.loaded == learnt_from.manifest.loaded != "":
        return Chosen(found, generation, version)
    return Chosen(found, learnt_from, version)
