"""Sending: a web server and a mail server of our own, dead receivers, several senders at once, odd names."""

import datetime as dt
import email
import email.policy
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from core.config import Config
from core.monitoring import channels
from core.monitoring.alerting import Alert
from core.monitoring.alerts import Alerts
from core.monitoring.channels import Delivery, deliver, signature, try_channels
from core.monitoring.messages import message
from core.monitoring.outbox import ATTEMPTS
from core.monitoring.outlets import Outlets, Smtp
from core.monitoring.signal import KINDS
from core.state.engine import get_engine, open_engine, writing
from core.state.tables import NOTIFICATIONS
from tests.core.monitoring.alert_help import Clock, day, signal
from tests.core.monitoring.receivers import Hook, Mailbox, free_port, hook, mailbox

SECRET = "correct horse"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def web() -> Iterator[Hook]:
    with hook() as kept:
        yield kept


@pytest.fixture
def mail() -> Iterator[Mailbox]:
    with mailbox() as kept:
        yield kept


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def by_web(url: str, **values: str) -> Config:
    return Config(outlets=Outlets(webhook=url, webhook_secret=SECRET, **values))


def by_mail(port: int, **values: str) -> Config:
    smtp = Smtp("127.0.0.1", port, "none", **values)
    return Config(outlets=Outlets(recipients=("ana@x.org", "ben@x.org"), sender="tidemark@x.org", smtp=smtp))


def observe(engine: Engine, config: Config, clock: Clock, number: int = 0, *names: str, **values: object) -> None:
    with writing(engine) as connection:
        signals = [signal(name, **values) for name in names or ("revenue",)]
        Alerts(engine, config.outlets, clock=clock).observe(connection, "v1", day(number), signals)


def states(engine: Engine, channel: str) -> list[str]:
    return [f"{one.event} {one.state}" for one in Alerts(engine).notifications(1) if one.channel == channel]


def test_a_webhook_gets_signed_json(engine: Engine, clock: Clock, web: Hook) -> None:
    config = by_web(web.url, public_url="https://t.example.com")
    observe(engine, config, clock)
    assert deliver(engine, config, clock) == Delivery(sent=2)
    ((headers, body),) = web.got
    assert headers["Content-Type"] == "application/json"
    assert headers[channels.SIGNATURE] == signature(SECRET, body)
    got = json.loads(body)
    assert got["id"].startswith("1-opened-")
    assert (got["event"], got["link"]) == ("opened", "https://t.example.com/monitor?alert=1")
    assert got["alert"]["subjects"] == ["revenue"]
    assert got["link"] in got["text"]
    assert deliver(engine, config, clock) == Delivery()
    assert [one.event for one in Alerts(engine).events(1)] == ["opened", "sent", "sent"]


def test_the_signature_is_hmac_sha256() -> None:
    assert signature("key", b"The quick brown fox jumps over the lazy dog") == (
        "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    )


def test_a_receiver_that_is_down_gets_it_when_it_is_back(
    engine: Engine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    config = by_web(f"http://127.0.0.1:{port}/{SECRET.split()[0]}")
    observe(engine, config, clock)
    assert deliver(engine, config, clock) == Delivery(sent=1, waiting=1)
    assert "not sent (waiting)" in caplog.text
    assert SECRET.split()[0] not in caplog.text
    assert deliver(engine, config, clock) == Delivery()
    clock.move(minutes=2)
    with hook() as web:
        back = by_web(web.url)
        assert deliver(engine, back, clock) == Delivery(sent=1)
        assert len(web.got) == 1
    assert states(engine, "webhook") == ["opened sent"]


def test_it_waits_longer_each_time_and_gives_up(engine: Engine, clock: Clock, web: Hook) -> None:
    config, web.answers = by_web(web.url), [500] * ATTEMPTS
    observe(engine, config, clock)
    deliver(engine, config, clock)
    waits = []
    while states(engine, "webhook") == ["opened waiting"]:
        (one,) = (one for one in Alerts(engine).notifications(1) if one.channel == "webhook")
        assert one.error == "the receiver answered 500"
        waits.append((one.next_at - clock()) / dt.timedelta(minutes=1))
        clock.moment = one.next_at
        deliver(engine, config, clock)
    assert waits == [2, 6, 18, 54, 162, 486, 1458]
    assert (states(engine, "webhook"), len(web.got)) == (["opened failed"], ATTEMPTS)
    assert "given up after 8 attempts" in Alerts(engine).events(1)[-1].note
    clock.move(days=9)
    assert deliver(engine, config, clock) == Delivery()


def test_after_one_failure_a_channel_rests_and_others_go_on(engine: Engine, clock: Clock, web: Hook) -> None:
    config, web.answers = by_web(web.url), [503]
    observe(engine, config, clock)
    observe(engine, config, clock, 1, kind="shape")
    assert deliver(engine, config, clock) == Delivery(sent=2, waiting=1)
    assert len(web.got) == 1
    clock.move(minutes=2)
    assert deliver(engine, config, clock) == Delivery(sent=2)


def test_nobody_hears_of_the_end_before_the_beginning(engine: Engine, clock: Clock, web: Hook) -> None:
    config, web.answers = by_web(web.url), [503]
    observe(engine, config, clock)
    deliver(engine, config, clock)
    Alerts(engine, config.outlets, clock=clock).resolve(1, "ana")
    assert deliver(engine, config, clock) == Delivery(sent=1)  # the log's
    clock.move(minutes=2)
    assert deliver(engine, config, clock) == Delivery(sent=2)
    assert [json.loads(body)["event"] for _, body in web.got] == ["opened", "opened", "resolved"]


def test_what_is_posted_follows_no_redirect(engine: Engine, clock: Clock, web: Hook) -> None:
    config, web.answers = by_web(web.url), [302]
    observe(engine, config, clock)
    assert deliver(engine, config, clock) == Delivery(sent=1, waiting=1)
    assert (states(engine, "webhook"), web.followed) == (["opened waiting"], 0)


def test_an_error_that_repeats_a_secret_is_kept_without_it(
    engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def echo(outlets: Outlets, *_: object) -> None:
        raise OSError(f"wrong key {outlets.webhook_secret}\nfor {outlets.webhook}")

    config = by_web("http://127.0.0.1/T0/hidden")
    observe(engine, config, clock)
    monkeypatch.setitem(channels.SENDERS, "webhook", echo)
    deliver(engine, config, clock)
    assert [one.error for one in Alerts(engine).notifications(1)] == [None, "wrong key … for …"]
    assert "hidden" not in caplog.text


def test_a_message_whose_sender_died_is_sent_later(
    engine: Engine, clock: Clock, web: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    config = by_web(web.url)
    observe(engine, config, clock)
    with monkeypatch.context() as patched:
        patched.setitem(channels.SENDERS, "webhook", die)
        with pytest.raises(KeyboardInterrupt):
            deliver(engine, config, clock)
    assert deliver(engine, config, clock) == Delivery()
    clock.move(minutes=2)
    assert deliver(engine, config, clock) == Delivery(sent=1)


def test_many_senders_send_each_message_once(tmp_path: Path, engine: Engine, clock: Clock, web: Hook) -> None:
    """Separate engines stand for separate processes: every URL spelling gets its own."""
    config = by_web(web.url)
    for number, kind in enumerate(KINDS[1:5]):
        observe(engine, config, clock, number, kind=kind)
    engines = [get_engine(f"sqlite:///{tmp_path}/{'./' * n}state.sqlite") for n in range(1, 5)]
    barrier, done = threading.Barrier(4), []

    def run(one: Engine) -> None:
        barrier.wait()
        done.append(deliver(one, config, clock))

    threads = [threading.Thread(target=run, args=(one,)) for one in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.sent for one in done) == 8
    assert sorted(json.loads(body)["alert"]["id"] for _, body in web.got) == [1, 2, 3, 4]


def test_a_channel_that_is_not_configured_any_more(engine: Engine, clock: Clock) -> None:
    observe(engine, by_web("http://127.0.0.1:9/x"), clock)
    assert deliver(engine, Config(), clock) == Delivery(sent=1, failed=1)
    assert states(engine, "webhook") == ["opened failed"]


def test_the_log_gets_one_structured_line(engine: Engine, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    observe(engine, Config(), clock, 0, "rev\nenue\u2028")
    deliver(engine, Config(), clock)
    (record,) = caplog.records
    assert len(record.getMessage().splitlines()) == 1
    assert json.loads(record.getMessage().removeprefix("alert "))["alert"]["subjects"] == ["rev\nenue\u2028"]


def parsed(text: str) -> EmailMessage:
    return email.message_from_string(text, policy=email.policy.default)


def test_mail(engine: Engine, clock: Clock, mail: Mailbox) -> None:
    config = by_mail(mail.port, user="me", password="pass word")
    observe(engine, config, clock, 0, "Umsätze", value=3.0, limit=2.0)
    assert deliver(engine, config, clock) == Delivery(sent=2)
    got = parsed(mail.mails[0])
    assert got["Subject"] == "Tidemark, warning: the level has moved (Umsätze)"
    assert (got["From"], got["To"]) == ("tidemark@x.org", "ana@x.org, ben@x.org")
    assert got["Message-ID"].startswith("<tidemark-1-opened-")
    body = got.get_content()
    for words in ("Since: 2026-03-02", "3, limit 2, 1.5 times the limit", "Rule: psi", "What to do: Look whether"):
        assert words in body
    assert (mail.recipients, len(mail.auth)) == (["ana@x.org", "ben@x.org"], 1)


def test_names_inject_no_headers(engine: Engine, clock: Clock, mail: Mailbox) -> None:
    config = by_mail(mail.port)
    evil = "x\r\nBcc: eve@x.org\r\n\r\n<b>\u2028\x85hello\x00"
    observe(engine, config, clock, 0, evil)
    deliver(engine, config, clock)
    got = parsed(mail.mails[0])
    assert got["Bcc"] is None
    assert "Bcc: eve@x.org" in got["Subject"]
    assert mail.recipients == ["ana@x.org", "ben@x.org"]


def test_a_mail_server_that_is_down_gets_it_later(engine: Engine, clock: Clock, mail: Mailbox) -> None:
    observe(engine, by_mail(free_port()), clock)
    assert deliver(engine, by_mail(free_port(), password=SECRET), clock) == Delivery(sent=1, waiting=1)
    clock.move(minutes=2)
    assert deliver(engine, by_mail(mail.port), clock) == Delivery(sent=1)


def test_recipients_that_are_refused(
    engine: Engine, clock: Clock, mail: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    mail.refuse = {"ben@x.org"}
    config = by_mail(mail.port)
    observe(engine, config, clock)
    assert deliver(engine, config, clock) == Delivery(sent=2)
    assert "refused 1 of 2" in caplog.text
    mail.refuse = {"ana@x.org", "ben@x.org"}
    observe(engine, config, clock, 1, kind="shape")
    assert deliver(engine, config, clock) == Delivery(sent=1, waiting=1)


def test_a_rude_goodbye_does_not_send_the_mail_twice(engine: Engine, clock: Clock, mail: Mailbox) -> None:
    mail.polite = False
    config = by_mail(mail.port)
    observe(engine, config, clock)
    assert deliver(engine, config, clock) == Delivery(sent=2)


def test_a_server_without_the_encryption_that_is_asked_for_gets_nothing(
    engine: Engine, clock: Clock, mail: Mailbox
) -> None:
    for tls in ("starttls", "always"):
        config = Config(outlets=replace(by_mail(1).outlets, smtp=Smtp("127.0.0.1", mail.port, tls, "me", SECRET)))
        assert set(filter(None, try_channels(config).values())) != set()
    assert (mail.mails, mail.auth) == ([], [])


def test_trying_the_channels_says_what_happened(web: Hook, mail: Mailbox) -> None:
    outlets = replace(by_web(web.url).outlets, recipients=("ana@x.org",), sender="t@x.org",
                      smtp=Smtp("127.0.0.1", free_port(), "none"))  # fmt: skip
    found = try_channels(Config(outlets=outlets))
    assert (found["log"], found["webhook"]) == (None, None)
    assert "refused" in (found["email"] or "")
    assert json.loads(web.got[0][1])["event"] == "test"


ALERT = Alert(
    id=3, key="level", kind="level", severity="critical", state="open", first_day=day(0), last_day=day(2),
    subjects=("a",), value=0.5, limit=0.0, evidence={},
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_words(kind: str) -> None:
    found = message(replace(ALERT, kind=kind), "opened", None)
    assert found.title.startswith("Tidemark, critical: ")
    assert "What to do: " in found.text
    assert "http" not in found.text


def test_the_words_of_getting_worse_and_of_the_end() -> None:
    assert message(ALERT, "spread", None).title == "Tidemark, critical, spreading: the level has moved (a)"
    assert message(ALERT, "escalated", None).title == "Tidemark, now critical: the level has moved (a)"
    ended = replace(ALERT, state="resolved", resolved_by="ana", resolved_day=day(5))
    found = message(ended, "resolved", None)
    assert "Resolved: by ana, on 2026-03-07. There is nothing to do." in found.text
    assert "by itself" in message(replace(ended, resolved_by="quiet"), "resolved", None).text


def test_a_title_is_one_line_of_bounded_length() -> None:
    title = message(replace(ALERT, subjects=("y" * 5000, "a\u2028b")), "opened", None).title
    assert (len(title), title.isprintable()) == (300, True)


def test_many_subjects_are_counted() -> None:
    names = tuple("abcdefgh")
    assert "(a, b, c, d, e and 3 more)" in message(replace(ALERT, subjects=names), "opened", None).title


def test_a_claim_that_another_took_is_not_marked(engine: Engine, clock: Clock, web: Hook) -> None:
    """While a message is on its way, the alert gets worse again: the row is written anew and must be sent again."""
    config = by_web(web.url)
    observe(engine, config, clock)
    original = channels.SENDERS["webhook"]

    def slowly(*how: object) -> None:
        original(*how)
        with writing(engine) as connection:
            connection.execute(update(NOTIFICATIONS).where(NOTIFICATIONS.c.channel == "webhook").values(attempts=0))
        channels.SENDERS["webhook"] = original

    channels.SENDERS["webhook"] = slowly
    deliver(engine, config, clock)
    assert states(engine, "webhook") == ["opened waiting"]
