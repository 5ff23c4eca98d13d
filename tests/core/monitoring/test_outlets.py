"""The settings of the messages: what is understood, what is refused, and that secrets never show."""

import pytest

from core.config import Config
from core.errors import ConfigError
from core.monitoring.outlets import Outlets, Smtp

MAIL = {
    "ALERT_EMAIL": "ana@example.com, ben@example.com,ana@example.com",
    "ALERT_FROM": "tidemark@example.com",
    "SMTP_URL": "smtp://me%40x:s%2Fcret@mail.example.com:2525?starttls=1",
}
SECRET_HOOK = "https://hooks.example.com/T0/s3cret?token=s3cret"


def read(**values: str) -> Outlets:
    return Outlets.read(lambda name: values.get(name))


def test_nothing_set_leaves_the_log() -> None:
    outlets = Config.from_env({}).outlets
    assert outlets == Outlets()
    assert (outlets.channels, outlets.link(3)) == (("log",), None)
    assert [outlets.sends(one) for one in ("info", "warning", "critical")] == [False, True, True]


def test_everything_set() -> None:
    hook = {"ALERT_WEBHOOK": SECRET_HOOK, "ALERT_WEBHOOK_SECRET": "s3cret"}
    outlets = Config.from_env(
        {**MAIL, **hook, "ALERT_SEVERITY": "Critical", "PUBLIC_URL": "https://t.example.com/x/"}
    ).outlets
    assert outlets.channels == ("log", "webhook", "email")
    assert outlets.recipients == ("ana@example.com", "ben@example.com")
    assert outlets.smtp == Smtp("mail.example.com", 2525, "starttls", "me@x", "s/cret")
    assert outlets.link(3) == "https://t.example.com/x/monitor?alert=3"
    assert not outlets.sends("warning")
    assert "s3cret" not in repr(outlets)
    assert "cret@" not in repr(outlets)
    assert "s/cret" not in repr(outlets)


@pytest.mark.parametrize(
    ("url", "smtp"),
    [
        ("smtp://localhost", Smtp("localhost", 25, "none")),
        ("smtp://localhost?starttls=1", Smtp("localhost", 587, "starttls")),
        ("smtp://localhost:26/?starttls=0", Smtp("localhost", 26, "none")),
        ("smtps://u:p@[::1]", Smtp("::1", 465, "always", "u", "p")),
    ],
)
def test_mail_servers(url: str, smtp: Smtp) -> None:
    assert read(SMTP_URL=url).smtp == smtp


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERT_WEBHOOK", "ftp://x/s3cret"),
        ("ALERT_WEBHOOK", "file:///etc/s3cret"),
        ("ALERT_WEBHOOK", "https://"),
        ("ALERT_WEBHOOK", "https://user:s3cret@host/"),
        ("ALERT_WEBHOOK", "https://host:99999/s3cret"),
        ("ALERT_WEBHOOK", "https://host/s3cret\nX-Evil: 1"),
        ("ALERT_WEBHOOK", "https://ho st/s3cret"),
        ("PUBLIC_URL", "tidemark.example.com"),
        ("ALERT_SEVERITY", "loud"),
        ("ALERT_FROM", "ana@example.com\r\nBcc: eve@example.com"),
        ("ALERT_FROM", "ana"),
        ("ALERT_EMAIL", "ana@example.com;ben@example.com"),
        ("SMTP_URL", "mail.example.com:s3cret"),
        ("SMTP_URL", "http://u:s3cret@mail"),
        ("SMTP_URL", "smtp://u:s3cret@mail?starttls=yes"),
        ("SMTP_URL", "smtp://u:s3cret@mail?tls=1"),
        ("SMTP_URL", "smtps://u:s3cret@mail?starttls=1"),
        ("SMTP_URL", "smtp://u:s3cret@mail:0"),
        ("SMTP_URL", "smtp://u:s3cret@mail:port"),
    ],
)
def test_wrong_values_get_one_line_without_the_secret(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**{name: value})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("missing", ["ALERT_FROM", "SMTP_URL"])
def test_mail_needs_a_server_and_a_sender(missing: str) -> None:
    with pytest.raises(ConfigError, match=f"ALERT_EMAIL needs {missing}"):
        read(**{name: value for name, value in MAIL.items() if name != missing})
