"""All ids of the pages in one place; a name here is the only way to an id."""

from __future__ import annotations

from typing import Any

# The frame of every page
MAIN, PAGE, GATE, READY, POLL = "main", "page", "gate", "ready", "poll"
NOW, CHANGED = "now", "changed"  # what goes on: every second while a job runs; and only when something began or ended
NAV, NAV_TOGGLE, FRESHNESS = "nav", "nav-toggle", "freshness"
THEME, THEME_SWITCH = "theme", "theme-switch"
LANGUAGE = "language"
LIVE, TOAST, TOAST_TEXT = "live", "toast", "toast-text"
VIEWER_NOTE = "viewer-note"
TOASTS, TOASTS_KNOWN = "toasts", "toasts-known"
KEYS, KEYS_ON, KEYS_TITLE = "keys", "keys-on", "keys-title"
LOCATION = "_pages_location"  # made by Dash itself


class Overview:
    HORIZON, SEGMENT, BODY = "overview-horizon", "overview-segment", "overview-body"


class Explore:
    MEASURE, SEGMENT, START, END = "explore-measure", "explore-segment", "explore-start", "explore-end"
    WHOLE, LINES, CSV, DOWNLOAD = "explore-whole", "explore-lines", "explore-csv", "explore-download"
    TABS, TAB, PANEL = "explore-tabs", "explore-tab", "explore-panel"
    SERIES, ODD, ORDER, YEAR = "explore-series", "explore-odd", "explore-order", "explore-year"
    RHYTHM, PROFILES, PARTS, FOLLOWS = "explore-rhythm", "explore-profiles", "explore-parts", "explore-follows"
    SPREAD, BY, BOXES = "explore-spread", "explore-by", "explore-boxes"
    COUNTRIES, PRODUCTS, CUSTOMERS = "explore-countries", "explore-products", "explore-customers"
    COLUMNS, CLEANING, EXAMPLES = "explore-columns", "explore-cleaning", "explore-examples"


class Compare:
    MEASURE, SEGMENT, FOLD = "compare-measure", "compare-segment", "compare-fold"
    MODELS, MODEL, BY, SORT = "compare-models", "compare-model", "compare-by", "compare-sort"
    USUAL, CSV, DOWNLOAD = "compare-usual", "compare-csv", "compare-download"
    BODY, REST, BOARD = "compare-body", "compare-rest", "compare-board"
    BY_BODY, FOLD_BODY = "compare-by-body", "compare-fold-body"
    TABS, TAB, PANEL = "compare-tabs", "compare-tab", "compare-panel"
    RUN, SOURCE = "compare-run", "compare-source"  # the backtest asked for; what is shown, with the part there is of it
    VERSUS, WHY, FOLDS, PAIRS = "compare-versus", "compare-why", "compare-folds", "compare-pairs"
    COVER, COVER_BY, LEVEL = "compare-cover", "compare-cover-by", "compare-level"
    SLIDER, SLIDER_BOX, RESIDUALS, COST = "compare-slider", "compare-slider-box", "compare-residuals", "compare-cost"
    # a new backtest
    ASK_MODELS, ASK_MEASURES, ASK_SEGMENTS = "backtest-models", "backtest-measures", "backtest-segments"
    ASK_FOLDS, ASK_STEP, ASK_HORIZON, ASK_WINDOW = (
        "backtest-folds",
        "backtest-step",
        "backtest-horizon",
        "backtest-window",
    )
    ASK, SAID, GUESS = "backtest-do", "backtest-said", "backtest-guess"
    JOB, JOB_ACTIONS, JOB_SHOWN, RUNS = "backtest-job", "backtest-job-actions", "backtest-job-shown", "backtest-runs"


class Forecast:
    MEASURE, SEGMENT = "forecast-measure", "forecast-segment"
    PRESET, HORIZON = "forecast-preset", "forecast-horizon"
    MODEL, LEVEL = "forecast-model", "forecast-level"
    BODY, CURL, PYTHON = "forecast-body", "forecast-curl", "forecast-python"
    CSV, XLSX, ICS, DOWNLOAD = "forecast-csv", "forecast-xlsx", "forecast-ics", "forecast-download"
    TABS, TAB, PANEL = "forecast-tabs", "forecast-tab", "forecast-panel"
    DAY, DAY_BOX = "forecast-day", "forecast-day-box"
    # what if
    SCENARIOS, LIST, COMPARED = "whatif-scenarios", "whatif-list", "whatif-compared"
    INTO, NAME, NAME_BOX, KIND = "whatif-into", "whatif-name", "whatif-name-box", "whatif-kind"
    PERCENT, PERCENT_BOX, FIRST, LAST = "whatif-percent", "whatif-percent-box", "whatif-first", "whatif-last"
    ADD, SAID = "whatif-add", "whatif-said"
    # how it changed, and why
    MADE, WHY = "forecast-made", "forecast-why"


class Monitor:
    BODY, JOB = "monitor-body", "monitor-job"
    LOOK, LOOK_SAID, LOOK_BOX = "monitor-look", "monitor-look-said", "monitor-look-box"
    JOB_ACTIONS, JOB_SHOWN = "monitor-job-actions", "monitor-job-shown"
    TABS, TAB, VIEW, PANEL, DONE = "monitor-tabs", "monitor-tab", "monitor-view", "monitor-panel", "monitor-done"
    STAMP = "monitor-stamp"  # another text whenever alerts have changed, by this browser or another
    # alerts
    ALERT, SHOW, SORT, SAID = "monitor-alert", "monitor-show", "monitor-sort", "monitor-said"
    TIMELINE, ALERTS, CHOSEN, SILENCES = "monitor-timeline", "monitor-alerts", "monitor-chosen", "monitor-silences"
    CSV, DOWNLOAD = "monitor-csv", "monitor-download"
    ASK, ASKED, ASK_TITLE, ASK_TEXT = "alert-ask", "alert-asked", "alert-ask-title", "alert-ask-text"
    ASK_NOTE, ASK_UNTIL, ASK_SCOPE, ASK_SILENCE = "alert-note", "alert-until", "alert-scope", "alert-ask-silence"
    ASK_ERROR, ASK_DO, ASK_LEAVE = "alert-ask-error", "alert-ask-do", "alert-ask-leave"
    # features
    HEAT, FEATURE, DAY, DAYS = "monitor-heat", "monitor-feature", "monitor-day", "monitor-days"
    CHOICE, FIRST, LAST, FIXED = "monitor-choice", "monitor-first", "monitor-last", "monitor-fixed"
    DETAIL, USUAL, PICKED = "monitor-detail", "monitor-usual", "monitor-picked"
    # forecasts
    MEASURE, PROMISE, EVIDENCE = "monitor-measure", "monitor-promise", "monitor-evidence"
    RECORD = "monitor-record"
    # try a change
    KIND, SIZE, START, TRY, TRY_SAID = "trial-kind", "trial-size", "trial-start", "trial-do", "trial-said"
    SIZE_HELP, TRIAL, TRIAL_OTHER = "trial-size-help", "trial-body", "trial-other"
    POWER, POWER_DO, POWER_SAID = "power-body", "power-do", "power-said"
    # retraining policies
    REPLAY_MEASURE = "replay-measure"
    EVERY, REPLAY, REPLAY_SAID, REPLAYED = "replay-every", "replay-do", "replay-said", "replay-body"


class Data:
    TABS, TAB = "data-tabs", "data-tab"
    JOB, JOB_ACTIONS, JOB_SHOWN = "data-job", "data-job-actions", "data-job-shown"


class Intake:
    UPLOAD, SHOWN, SOURCE, WAITING = "intake-upload", "intake-shown", "intake-source", "intake-waiting"
    DROP, CHOOSE, LIMIT, SEND_SAID = "intake-drop", "intake-choose", "intake-limit", "intake-send-said"
    SENDING, SENT, SENT_TEXT, STOP = "intake-sending", "intake-sent", "intake-sent-text", "intake-stop"
    STEPS, TITLE, PREVIEW = "intake-steps", "intake-title", "intake-preview"
    AGAIN, DISCARD, QUEUED = "intake-look-again", "intake-discard", "intake-queued"
    FORM, MODE, UNUSED = "intake-form", "intake-mode", "intake-unused"
    OUTCOME, RETRAIN, RETRAIN_BOX = "intake-outcome", "intake-retrain", "intake-retrain-box"
    RETRAIN_SAID = "intake-retrain-said"
    RULES_HEAD, RULES_KNOWN, RESET = "intake-rules-head", "intake-rules-known", "intake-rules-reset"
    HISTORY, SAID = "intake-history", "intake-said"
    ASK, ASK_TITLE, ASK_TEXT, ASKED = "undo-ask", "undo-ask-title", "undo-ask-text", "undo-asked"
    ASK_REASON, ASK_ERROR, ASK_DO, ASK_LEAVE = "undo-ask-reason", "undo-ask-error", "undo-ask-do", "undo-ask-leave"


class Opening:
    HEAD, RETRAIN, RETRAIN_BOX, RETRAIN_SAID = "opening-head", "opening-retrain", "opening-train", "opening-train-said"
    VIEW, MONTHS, FORM, DAYS, CHANGES = "opening-view", "opening-months", "opening-form", "opening-days", "opening-log"
    FIRST, LAST, STATE, REMARK = "opening-first", "opening-last", "opening-state", "opening-remark"
    SAVE, SAID, EXPORT, DOWNLOAD = "opening-save", "opening-said", "opening-export", "opening-download"
    IMPORT, IMPORTED = "opening-import", "opening-imported"


class Models:
    BODY, SAID, NAME = "lifecycle-body", "lifecycle-said", "lifecycle-name"
    JOB, JOB_ACTIONS, JOB_SHOWN = "lifecycle-job", "lifecycle-job-actions", "lifecycle-job-shown"
    MEASURES, RECIPE, WINDOW, REASON = "retrain-measures", "retrain-models", "retrain-window", "retrain-reason"
    RETRAIN, RETRAIN_SAID = "retrain", "retrain-said"
    VERSIONS, CSV, DOWNLOAD = "versions-body", "versions-csv", "versions-download"
    ASK, ASK_TITLE, ASK_TEXT, ASKED = "ask", "ask-title", "ask-text", "ask-asked"
    ASK_REASON, ASK_ERROR, ASK_DO, ASK_LEAVE = "ask-reason", "ask-error", "ask-do", "ask-leave"
    MEASURE, VERSUS = "versus-measure", "versus-body"
    DAILY_ON, DAILY_AT, EVERY_ON, EVERY = "schedule-daily", "schedule-at", "schedule-every", "schedule-days"
    DRIFT, LOSS, SCHEDULE_KNOWN = "schedule-drift", "schedule-loss", "schedule-known"
    SAVE, RESET, RUN, SCHEDULE_SAID = "schedule-save", "schedule-reset", "schedule-run", "schedule-said"
    SCHEDULE, LAST_DAILY = "schedule-body", "schedule-last"
    JOBS, LOG, LOG_OF = "jobs-body", "jobs-log", "jobs-log-of"
    AUDIT, AUDIT_CSV, AUDIT_DOWNLOAD = "audit-body", "audit-csv", "audit-download"


def data_tab(name: str) -> str:
    """A tab of the Data page."""
    return f"data-tab-{name}"


def data_panel(name: str) -> str:
    """What a tab of the Data page shows."""
    return f"data-panel-{name}"


def column_select(column: str) -> str:
    """Which column of the file is one of ours."""
    return f"intake-column-{column}"


def place(name: str, part: str) -> str:
    """A part of a form that is there twice: for a ``file``, and for the ``rules`` in force. Parts: check, check-said,
    report, load, load-box, load-said, checked."""
    return f"intake-{name}-{part}"


def rule_switch(name: str, rule: str) -> str:
    """The switch of a cleaning rule in such a form."""
    return f"intake-{name}-rule-{rule}"


def rule_effect(name: str, rule: str) -> str:
    """What a cleaning rule does, beside its switch."""
    return f"intake-{name}-effect-{rule}"


def upload_button(action: str, upload: str) -> dict[str, str]:
    """A button of a file that waits; ``action``: open or forget."""
    return {"type": "upload", "action": action, "upload": upload}


def undo_button(load: Any) -> dict[str, Any]:
    """The button that asks to undo a load."""
    return {"type": "undo", "load": load}


def back_button(first: str, last: str) -> dict[str, str]:
    """The button that takes back what was said by hand of the days from ``first`` to ``last``."""
    return {"type": "opening-back", "first": first, "last": last}


def rule_button(rule: str) -> dict[str, str]:
    """The button that shows examples of what a cleaning rule dropped."""
    return {"type": "rule-examples", "rule": rule}


def tab(name: str) -> str:
    """A tab of the Monitor page."""
    return f"monitor-tab-{name}"


def explore_tab(name: str) -> str:
    """A tab of the Explore page."""
    return f"explore-tab-{name}"


def explore_shown(name: str) -> str:
    """What is on the Explore page as long as a tab is: what fills a tab listens to it, and so rests otherwise."""
    return f"explore-shown-{name}"


def order_button(day: str, invoice: str) -> dict[str, str]:
    """The button that shows the lines of an order."""
    return {"type": "order", "day": day, "invoice": invoice}


def monitor_range(tab: str) -> str:
    """The range picker of a tab: each has its own, so that a callback finds all of its fields or none."""
    return f"monitor-range-{tab}"


def alert_button(action: str, alert: Any, place: Any) -> dict[str, Any]:
    """A button of an alert (of a silence for ``action`` "end"); others: show, acknowledge, resolve, silence.
    ``place``: row, card or silence; the same alert may stand in two of them at once."""
    return {"type": "alert", "action": action, "alert": alert, "place": place}


def counting(job: Any) -> dict[str, Any]:
    """What asks again while a job counts the lines."""
    return {"type": "counting", "job": job}


def alert_sort(column: str) -> dict[str, str]:
    """The heading that sorts the alerts by a column."""
    return {"type": "alert-sort", "column": column}


def grid(name: str) -> dict[str, str]:
    """A table that can be sorted and filtered."""
    return {"type": "grid", "name": name}


def compare_tab(name: str) -> str:
    """A tab of the Compare page."""
    return f"compare-tab-{name}"


def compare_panel(name: str) -> str:
    """What a tab of the Compare page shows."""
    return f"compare-panel-{name}"


def forecast_tab(name: str) -> str:
    """A tab of the Forecast page."""
    return f"forecast-tab-{name}"


def forecast_panel(name: str) -> str:
    """What a tab of the Forecast page shows."""
    return f"forecast-panel-{name}"


def scenario_button(scenario: Any, change: Any) -> dict[str, Any]:
    """The button that takes away a change of a scenario, by their places from 0; the whole of it for "all"."""
    return {"type": "scenario", "scenario": scenario, "change": change}


def version_button(action: str, version: str) -> dict[str, str]:
    """The button that asks to put a version into use; ``action``: promote or rollback."""
    return {"type": "version", "action": action, "version": version}


def cancel_button(job: int) -> dict[str, str | int]:
    """The button that asks a job to stop."""
    return {"type": "cancel", "job": job}


def log_button(job: int) -> dict[str, str | int]:
    """The button that shows what a job did."""
    return {"type": "log", "job": job}


def graph(name: str) -> dict[str, str]:
    """A chart."""
    return {"type": "graph", "name": name}


def begin(kind: str) -> str:
    """The store that holds the number of a queued job of a kind: putting one in makes this browser start it."""
    return f"begin-{kind}"


def begun(kind: str) -> str:
    """The store that gets the number back when the job has ended."""
    return f"begun-{kind}"
