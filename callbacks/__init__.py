"""One module a page, thin: read inputs, call core, hand the result to components."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dash


def register(app: dash.Dash) -> None:
    """Adds every callback to the app. Nothing is registered by importing a module."""
    from callbacks import (
        compare,
        compare_closer,
        compare_run,
        data,
        explore,
        explore_tabs,
        forecast,
        forecast_files,
        forecast_scenarios,
        forecast_tabs,
        intake,
        intake_actions,
        models,
        models_actions,
        monitor,
        monitor_actions,
        monitor_alerts,
        monitor_features,
        monitor_forecasts,
        monitor_jobs,
        now,
        opening,
        overview,
        shell,
        toasts,
    )

    ahead = (overview, forecast, forecast_files, forecast_scenarios, forecast_tabs)
    pages = (shell, now, toasts, explore, explore_tabs, data, intake, intake_actions, opening)
    judged = (compare, compare_closer, compare_run, models, models_actions)
    tabs = (monitor, monitor_alerts, monitor_actions, monitor_features, monitor_forecasts, monitor_jobs)
    for module in (*pages, *ahead, *judged, *tabs):
        module.register(app)
