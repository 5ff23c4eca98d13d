"""One module a page, thin: read inputs, call core, hand the result to components."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dash


def register(app: dash.Dash) -> None:
    """Adds every callback to the app. Nothing is registered by importing a module."""
    from callbacks import compare, explore, forecast, models, models_actions, monitor, now, overview, shell

    for module in (shell, now, overview, forecast, explore, compare, monitor, models, models_actions):
        module.register(app)
