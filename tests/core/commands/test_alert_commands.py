"""The commands around alerts, as a user or a script meets them."""

import datetime as dt
from pathlib import Path

import pytest

from core.config import Config
from core.monitoring.alerts import Alerts
from core.state.engine import open_engine, writing
from tests.core.commands.test_lifecycle_commands import answer, failed, run
from tests.core.monitoring.alert_help import day, fault, signal
from tests.core.monitoring.receivers import free_port, hook


@pytest.fixture
def alerts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Alerts:
    """One alert of broken data, and one that it mutes."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("DATABASE_URL", "ALERT_WEBHOOK", "ALERT_EMAIL", "SMTP_URL", "ALERT_FROM", "ALERT_SEVERITY"):
        monkeypatch.delenv(name, raising=False)
    engine = open_engine(Config.from_env().database)
    found = Alerts(engine)
    with writing(engine) as connection:
        found.observe(connection, "v1", day(0), [fault(evidence={"lines": 12}), signal()])
    return found


def test_list_and_show(alerts: Alerts) -> None:
    listed = answer("alerts", "list")
    assert ([one["id"] for one in listed["alerts"]], listed["silences"]) == ([1], [])
    assert [one["id"] for one in answer("alerts", "list", "--all")["alerts"]] == [2, 1]
    shown = answer("alerts", "show", 1)
    assert (shown["key"], shown["evidence"]["lines"], shown["first_day"]) == (
        "data fault: duplicates",
        12,
        "2026-03-02",
    )
    assert [one["event"] for one in shown["events"]] == ["opened"]
    assert [one["channel"] for one in shown["messages"]] == ["log"]
    words = run("alerts", "list", "--all").stdout
    assert "warning  open since 2026-03-02: the data look broken (sales.csv)" in words
    assert "pending, muted by alert 1" in words
    text = run("alerts", "show", 1).stdout
    for words in ("at its worst 2, limit 1, 2 times the limit", "lines: 12", "monitoring", "Message opened by log"):
        assert words in text


def test_acknowledge_and_resolve(alerts: Alerts) -> None:
    assert answer("alerts", "acknowledge", 1, "--note", "on it")["acknowledged_by"]
    failed(run("alerts", "acknowledge", 1), "already")
    assert "acknowledged by" in run("alerts", "list").stdout
    assert answer("alerts", "resolve", 1)["state"] == "resolved"
    assert [one.note for one in alerts.events(1)][1:] == ["on it", ""]
    failed(run("alerts", "resolve", 1), "not open but resolved")
    failed(run("alerts", "resolve", 2), "not open but pending")
    failed(run("alerts", "show", 99), "no alert 99")
    failed(run("alerts", "show", "x"), "'x'")
    result = run("alerts", "list")
    assert (result.stdout, result.stderr) == ("", "No alerts.\n")
    over = next(line for line in run("alerts", "list", "--all").stdout.splitlines() if line.startswith("    1 "))
    assert over.startswith("    1 warning  over, 2026-03-02 to 2026-03-02, by ")


def test_silence_and_unsilence(alerts: Alerts) -> None:
    before = dt.datetime.now(dt.UTC)
    made = answer("alerts", "silence", "--kind", "level", "--subject", "revenue", "--for", "2w", "--why", "campaign")
    assert (
        dt.timedelta(0)
        <= dt.datetime.fromisoformat(made["until"]) - before - dt.timedelta(days=14)
        < dt.timedelta(minutes=1)
    )
    assert [one["id"] for one in answer("alerts", "list")["silences"]] == [made["id"]]
    assert "Silence 1: level, revenue, until" in run("alerts", "list").stdout
    assert "ended" in run("alerts", "unsilence", made["id"]).stderr
    failed(run("alerts", "unsilence", made["id"]), "over already")
    failed(run("alerts", "unsilence", 9), "no silence 9")
    failed(run("alerts", "silence", "--for", "soon", "--why", "campaign"), "--for soon")
    failed(run("alerts", "silence", "--for", "0h", "--why", "campaign"), "--for 0h")
    failed(run("alerts", "silence", "--for", "400d", "--why", "campaign"), "more than a year")
    failed(run("alerts", "silence", "--for", "9999w", "--why", "campaign"), "more than a year")
    failed(run("alerts", "silence", "--for", "99999w", "--why", "campaign"), "--for 99999w")
    failed(run("alerts", "silence", "--for", "2h", "--why", "x"), "3 letters")
    failed(run("alerts", "silence", "--for", "2h", "--why", "campaign", "--kind", "noise"), "kind noise", "level")
    failed(run("alerts", "silence", "--why", "campaign"), "--for")


def test_silence_of_one_rule(alerts: Alerts) -> None:
    asked = ("alerts", "silence", "--rule", "missing values", "--subject", "price", "--why", "campaign")
    failed(run(*asked, "--for", "2h"), "some kinds", "data fault")
    made = answer(*asked, "--kind", "data fault", "--for", "2h")
    assert (made["kind"], made["rule"], made["subject"]) == ("data fault", "missing values", "price")
    longer = answer(*asked, "--kind", "data fault", "--for", "2d")
    assert [one["id"] for one in answer("alerts", "list")["silences"]] == [longer["id"]]
    assert f"Silence {longer['id']}: data fault: missing values, price, until" in run("alerts", "list").stdout


def test_the_channels_are_tried(alerts: Alerts, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer("alerts", "test") == {"log": {"sent": True, "error": None}}
    with hook() as web:
        monkeypatch.setenv("ALERT_WEBHOOK", web.url)
        result = run("alerts", "test")
        assert (result.exit_code, result.stdout) == (0, "log: sent\nwebhook: sent\n")
    monkeypatch.setenv("ALERT_WEBHOOK", f"http://127.0.0.1:{free_port()}/")
    result = run("alerts", "test")
    assert result.exit_code == 1
    assert "webhook: not sent: " in result.stdout
    assert run("alerts", "test", "--json").exit_code == 1
    monkeypatch.setenv("ALERT_WEBHOOK", "gopher://x")
    failed(run("alerts", "test"), "ALERT_WEBHOOK")


def test_an_alert_that_ended_by_itself_says_so(alerts: Alerts) -> None:
    with writing(open_engine(Config.from_env().database)) as connection:
        alerts.observe(connection, "v1", day(9), [])
    words = run("alerts", "list", "--all").stdout
    assert "over, 2026-03-02 to 2026-03-11, by itself: the data look broken (sales.csv)" in words
    assert "by quiet" not in words


def test_silences_of_everything_or_nothing_are_asked_for_by_name(alerts: Alerts) -> None:
    asked = ("alerts", "silence", "--for", "2h", "--why", "campaign")
    failed(run(*asked), "nothing says which alerts", "--all")
    failed(run(*asked, "--all", "--kind", "level"), "--all is about every alert")
    failed(run(*asked, "--subject", "nope"), "no alert can be about nope", "revenue", "price", "sales.csv")
    failed(run("alerts", "silence", "--all", "--for", "0d", "--why", "campaign"), "no time at all", "unsilence")
    assert answer("alerts", "list")["silences"] == []
    assert answer(*asked, "--subject", "sales.csv")["subject"] == "sales.csv"  # an alert is about it
    made = answer(*asked, "--all")
    assert (made["kind"], made["subject"]) == (None, None)


def test_a_silence_says_what_it_changed(alerts: Alerts) -> None:
    asked = ("alerts", "silence", "--kind", "level", "--why", "campaign", "--for")
    assert "Silence 1: level" in run(*asked, "7d").stderr
    assert "nothing has changed" in run(*asked, "1d").stderr
    longer = run(*asked, "30d").stderr
    assert "Silence 2: level" in longer
    assert "takes the place of silence 1: level, any subject" in longer
    assert len(answer("alerts", "list")["silences"]) == 1


def test_silences_made_at_once_stand_and_end_together(alerts: Alerts) -> None:
    with writing(open_engine(Config.from_env().database)) as connection:
        alerts.observe(connection, "v1", day(20), [signal("orders"), signal("units")])
    number = next(one.id for one in alerts.open() if one.kind == "level")
    alerts.silence_alert(number, dt.datetime.now(dt.UTC) + dt.timedelta(days=2), "ana", "campaign")
    numbers = ", ".join(str(one.id) for one in alerts.silences())
    listed = run("alerts", "list").stdout
    assert f"Silences {numbers}: level, " in listed
    assert "orders" in listed.split("Silences")[1]
    ended = run("alerts", "unsilence", alerts.silences()[0].id, "--together")
    assert f"Silences {numbers}: level" in ended.stderr
    assert alerts.silences() == []
