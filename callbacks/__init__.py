"""One module a page, thin: read inputs, call core, hand the result to components."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dash


def register(app: dash.Dash) -> None:
    """Adds every callback to the app. Nothing is registered by importing a module."""
    from callbacks import (
        compare,
        explore,
        explore_tabs,
        forecast,
        models,
        models_actions,
        monitor,
        monitor_actions,
        monitor_alerts,
        monitor_features,
        monitor_forecasts,
        monitor_jobs,
        now,
        overview,
        shell,
    )

    pages = (shell, now, overview, forecast, explore, explore_tabs, compare, models, models_actions)
    tabs = (monitor, monitor_alerts, monitor_actions, monitor_features, monitor_forecasts, monitor_jobs)
    for module in (*pages, *tabs):
        module.register(app)
