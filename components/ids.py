"""All ids of the pages in one place; a name here is the only way to an id."""

from __future__ import annotations

# The frame of every page
MAIN, PAGE, GATE, READY, POLL = "main", "page", "gate", "ready", "poll"
NOW, CHANGED = "now", "changed"  # what goes on: every second while a job runs; and only when something began or ended
NAV, NAV_TOGGLE, FRESHNESS = "nav", "nav-toggle", "freshness"
THEME, THEME_SWITCH = "theme", "theme-switch"
LANGUAGE = "language"
LIVE, TOAST, TOAST_TEXT = "live", "toast", "toast-text"
LOCATION = "_pages_location"  # made by Dash itself


class Overview:
    HORIZON, SEGMENT, BODY = "overview-horizon", "overview-segment", "overview-body"


class Explore:
    MEASURE, SEGMENT, START, END = "explore-measure", "explore-segment", "explore-start", "explore-end"
    WHOLE = "explore-whole"
    SERIES, PROFILES, CLEANING, EXAMPLES = "explore-series", "explore-profiles", "explore-cleaning", "explore-examples"


class Compare:
    MEASURE, SEGMENT, FOLD = "compare-measure", "compare-segment", "compare-fold"
    MODELS, MODEL, BY, SORT = "compare-models", "compare-model", "compare-by", "compare-sort"
    USUAL, CSV, DOWNLOAD = "compare-usual", "compare-csv", "compare-download"
    BODY, REST, BOARD, CHARTS = "compare-body", "compare-rest", "compare-board", "compare-charts"
    BY_BODY, FOLD_BODY = "compare-by-body", "compare-fold-body"


class Forecast:
    MEASURE, SEGMENT = "forecast-measure", "forecast-segment"
    PRESET, HORIZON = "forecast-preset", "forecast-horizon"
    BODY, CURL, CSV, DOWNLOAD = "forecast-body", "forecast-curl", "forecast-csv", "forecast-download"


class Monitor:
    BODY, FEATURE, DETAIL = "monitor-body", "monitor-feature", "monitor-detail"


def rule_button(rule: str) -> dict[str, str]:
    """The button that shows examples of what a cleaning rule dropped."""
    return {"type": "rule-examples", "rule": rule}


def feature_button(feature: str) -> dict[str, str]:
    """The button that shows both distributions of a feature."""
    return {"type": "feature", "feature": feature}


def sort_button(column: str) -> dict[str, str]:
    """The heading that sorts the leaderboard by a column."""
    return {"type": "sort", "column": column}


def graph(name: str) -> dict[str, str]:
    """A chart."""
    return {"type": "graph", "name": name}


def begin(kind: str) -> str:
    """The store that holds the number of a queued job of a kind: putting one in makes this browser start it."""
    return f"begin-{kind}"


def begun(kind: str) -> str:
    """The store that gets the number back when the job has ended."""
    return f"begun-{kind}"
