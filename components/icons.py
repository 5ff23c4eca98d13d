"""The Bootstrap icons in use; a name that is not here is not shown anywhere."""

from __future__ import annotations

from dash import html

PAGE_ICONS = {
    "overview": "house",
    "forecast": "graph-up-arrow",
    "explore": "search",
    "data": "database",
    "compare": "bar-chart-line",
    "monitor": "activity",
    "models": "layers",
}

ICONS = (
    *PAGE_ICONS.values(),
    "arrow-counterclockwise",
    "arrow-down-right",
    "arrow-repeat",
    "arrow-up-right",
    "box-arrow-right",
    "calendar-check",
    "calendar-x",
    "check-circle-fill",
    "check2",
    "clipboard",
    "clock-history",
    "cloud-upload",
    "dash-circle",
    "download",
    "exclamation-diamond-fill",
    "exclamation-triangle-fill",
    "eye-fill",
    "file-text",
    "filetype-csv",
    "hourglass-split",
    "image",
    "info-circle",
    "keyboard",
    "list",
    "lock",
    "moon-stars",
    "person-circle",
    "play-fill",
    "question-circle",
    "sun",
    "trophy-fill",
    "upload",
    "x-lg",
)


def icon(name: str, class_name: str = "") -> html.I:
    """A decorative icon: what it means must stand beside it in words."""
    if name not in ICONS:
        raise ValueError(f"icon {name} is not listed in components.icons.ICONS")
    return html.I(className=f"bi bi-{name} {class_name}".strip(), **{"aria-hidden": "true"})
