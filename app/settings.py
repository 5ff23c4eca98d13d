"""The settings of the server, from the environment, and the table that documents every setting."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from app import parsing
from app.access.settings import Access, is_loopback
from app.parsing import AccessLogged
from core.config import Config
from core.errors import ConfigError

MIN_SECRET_LENGTH = 16


class Variable(NamedTuple):
    """One environment variable as the README shows it."""

    name: str
    default: str
    unit: str
    meaning: str


SETTINGS_TABLE: tuple[Variable, ...] = (
    Variable("HOST", "127.0.0.1", "address", "Where the server listens; 0.0.0.0 opens it to the network."),
    Variable("PORT", "8050", "port, 1 to 65535", "The port of the pages and of the API."),
    Variable("DATA_PATH", "not set", "file or folder", "Your raw transactions: CSV, XLSX, Parquet or a folder of them. "
             "Without it: what lies in raw/ under DATA_DIR, else generated sample data. What was loaded on the page "
             "Data goes before."),
    Variable("DATA_DIR", "data", "folder", "All working state lives here; two installations are two folders."),
    Variable("DATABASE_URL", "a SQLite file in DATA_DIR", "SQLAlchemy URL", "The state database."),
    Variable("HOLIDAYS_COUNTRY", "from the data's main country", "code", "Public holidays: GB-ENG, FR, US-CA, …, "
             "or none."),
    Variable("DATA_COLUMNS", "guessed from the header", "JSON", 'Your column names, e.g. {"time": "Sold at", '
             '"quantity": "Pieces"}.'),
    Variable("RULES_ON", "none", "rule ids, comma", "Cleaning rules to switch on beside the default ones: "
             "product, reversed. A choice made on the page Data goes before."),
    Variable("RULES_OFF", "none", "rule ids, comma", "Cleaning rules to switch off: duplicate, cancellation, "
             "quantity, price, customer. A choice made on the page Data goes before."),
    Variable("MODELS", "all", "names, comma", "Models that a training run fits: seasonal_naive, weekday_mean, ets, "
             "theta, gp, sarima, xgboost, lstm, ensemble. Fewer train faster."),
    Variable("KEEP_VERSIONS", "10", "versions, 1 to 1000", "How many of the newest versions are kept; every version "
             "that was ever in use is kept besides."),
    Variable("GATE_PERCENT", "10", "percent, 0 to 1000", "A new version does not come into use by itself if a segment "
             "gets worse by more than this."),
    Variable("MONITOR_AT", "06:00", "HH:MM of the machine's clock, or off", "When the daily run looks for new data, "
             "checks for drift and decides on retraining. A choice made on the page Models goes before."),
    Variable("RETRAIN", "7", "off, or days, drift, loss; comma", "When the daily run retrains, if there are new data: "
             "after so many days, on drift, when forecasts got worse. A choice made on the page Models goes before."),
    Variable("FALSE_ALARMS", "1", "a year, 0.1 to 4", "How many false alarms a year all rules of the monitoring "
             "together may raise; more find changes sooner."),
    Variable("PSI_LINE", "0.3", "PSI, 0.1 to 10", "A population stability index above this line is always noted, with "
             "whether it means anything."),
    Variable("ALERT_SEVERITY", "warning", "info, warning or critical", "The least severity of alerts about which "
             "messages are sent; all of them are on the page Monitor."),
    Variable("ALERT_WEBHOOK", "not set", "http(s) address", "Gets messages about alerts as JSON by POST."),
    Variable("ALERT_WEBHOOK_SECRET", "not set", "text", "Signs what is posted: the header X-Tidemark-Signature is "
             "sha256= and the HMAC-SHA256 of the body under this secret."),
    Variable("ALERT_EMAIL", "not set", "addresses, comma", "Who gets messages about alerts by e-mail; needs SMTP_URL "
             "and ALERT_FROM."),
    Variable("ALERT_FROM", "not set", "address", "The sender of these e-mails."),
    Variable("SMTP_URL", "not set", "smtp(s) URL", "The mail server: smtp://user:password@host:587?starttls=1 or "
             "smtps://user:password@host; what is special in the password as %40 for @."),
    Variable("PUBLIC_URL", "not set", "http(s) address", "Where people reach the pages, for the links in messages."),
    Variable("SECRET_KEY", "random, kept in DATA_DIR", "text, 16 characters or more", "Signs sign-ins and the "
             "handles of background jobs; set the same one on every machine behind one address."),
    Variable("WORKERS", "2", "processes, 1 to 64", "Web worker processes; each needs under 250 MB."),
    Variable("THREADS", "4", "threads, 1 to 64", "Requests that one worker process answers at a time."),
    Variable("UPLOAD_MB", "200", "MB, 1 to 4000", "The largest file that the page Data takes."),
    Variable("RATE_LIMIT", "not set", "requests a minute, 1 to 1,000,000", "More of one key, or without a key of one "
             "address, are answered 429; not set: no limit. Counts for the API, not for the pages."),
    Variable("TRUST_PROXY", "0", "proxies, 0 to 10", "So many proxies in front add to X-Forwarded-For, which is "
             "believed for that many steps; with 0 it is ignored."),
    Variable("USERS_FILE", "users in DATA_DIR", "file", "People who sign in to the pages, made with python -m core "
             "users. Once there is one the pages are closed to everybody else; set: they are closed in any case."),
    Variable("AUTH_HEADER", "not set", "header", "In which a proxy that signs people in names the user, such as "
             "X-Forwarded-User. Closes the pages to requests without it."),
    Variable("AUTH_ROLES", "not set", "header", "In which that proxy names roles or groups, with commas; without it "
             "whom it lets through is an editor."),
    Variable("AUTH_EDITORS", "editor", "names, comma", "Which of these roles or groups make an editor; the others are "
             "viewers."),
    Variable("AUTH_PROXIES", "none", "addresses, comma", "From where AUTH_HEADER is believed: addresses or networks. "
             "Not set, with TRUST_PROXY: from everywhere, so that only the proxy may reach the server."),
    Variable("SIGN_IN_IDLE", "60", "minutes, 1 to 1440", "After so long without use somebody has to sign in again."),
    Variable("SIGN_IN_HOURS", "12", "hours, 1 to 720", "After so long somebody has to sign in again in any case."),
    Variable("OPEN_PAGES", "0", "0 or 1", "1: pages that others reach without sign-in are meant to be so, such as "
             "behind a proxy that asks; no warning."),
    Variable("CORS_ORIGINS", "none", "origins, comma", "Web sites whose pages may use the API from a browser, e.g. "
             "https://shop.example."),
    Variable("ACCESS_LOG", "api", "off, api or all", "Which requests are written to the standard output, one JSON line "
             "each: none, those of the API, or those of the pages too."),
    Variable("PREDICTION_LOG", "0.01", "share, 0 to 1", "Which share of the forecasts given out is kept for audit, the "
             "newest 10,000; see python -m core predictions."),
)  # fmt: skip
"""Every environment variable that the product reads; the README's configuration table is this one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server needs; ``core`` holds the settings of the library."""

    core: Config
    host: str = "127.0.0.1"
    port: int = 8050
    secret_key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    workers: int = 2
    threads: int = 4
    upload_mb: int = 200
    rate_limit: int | None = None
    trust_proxy: int = 0
    cors_origins: frozenset[str] = frozenset()
    access_log: AccessLogged = "api"
    prediction_log: float = 0.01
    access: Access = field(default_factory=Access)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Reads every variable of SETTINGS_TABLE; an empty value means "not set".

        Creates DATA_DIR and, without SECRET_KEY, a random key in it that only the owner can read.
        Raises ConfigError naming the variable and what would be right.
        """
        env = os.environ if env is None else env
        core = Config.from_env(env)
        trust_proxy = _whole_number(env, "TRUST_PROXY", 0, 10, lowest=0)
        return cls(
            core=core,
            host=_host(env.get("HOST", "").strip() or cls.__dataclass_fields__["host"].default),
            port=_whole_number(env, "PORT", 8050, 65535),
            workers=_whole_number(env, "WORKERS", 2, 64),
            threads=_whole_number(env, "THREADS", 4, 64),
            rate_limit=_whole_number(env, "RATE_LIMIT", 0, 1_000_000) or None,
            upload_mb=_whole_number(env, "UPLOAD_MB", 200, 4000),
            trust_proxy=trust_proxy,
            cors_origins=parsing.origins("CORS_ORIGINS", env.get("CORS_ORIGINS", "")),
            access_log=parsing.access_logged("ACCESS_LOG", env.get("ACCESS_LOG", "")),
            prediction_log=parsing.share("PREDICTION_LOG", env.get("PREDICTION_LOG", ""), 0.01),
            access=Access.read(lambda name: env.get(name, "").strip(), trust_proxy),
            secret_key=_given_secret(env.get("SECRET_KEY", "").strip()) or _kept_secret(core.data_dir),
        )

    @property
    def is_left_open(self) -> bool:
        """Whether others than this machine reach the pages and nobody has to sign in, nor said that this is meant."""
        access, core = self.access, self.core
        closed = access.header is not None or core.users_path is not None or core.users_file.exists()
        return not closed and not access.meant_open and not is_loopback(self.host)

    @property
    def url(self) -> str:
        """The address to open in a browser on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def settings_markdown() -> str:
    """SETTINGS_TABLE as the Markdown table of the README."""
    rows = ["| variable | default | unit | meaning |", "|---|---|---|---|"]
    rows += [f"| `{name}` | {default} | {unit} | {meaning} |" for name, default, unit, meaning in SETTINGS_TABLE]
    return "\n".join(rows)


def _host(text: str) -> str:
    if any(character.isspace() or character in "/,@" for character in text):
        raise ConfigError(f"HOST={text} is not an address; use one such as 127.0.0.1 or 0.0.0.0, without http://.")
    return text


def _whole_number(env: Mapping[str, str], name: str, default: int, highest: int, *, lowest: int = 1) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    # str.isdigit alone would let through digits of other scripts, "²" among them, which int() refuses.
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and lowest <= int(text) <= highest):
        raise ConfigError(f"{name}={text} is not a whole number from {lowest} to {highest}.")
    return int(text)


def _given_secret(text: str) -> str | None:
    if text and len(text) < MIN_SECRET_LENGTH:
        raise ConfigError(
            f"SECRET_KEY is too short: use at least {MIN_SECRET_LENGTH} characters, or leave it out for a random one."
        )
    return text or None


def _kept_secret(data_dir: Path) -> str:
    """The random key of this installation, made at first use; safe when several processes start at once."""
    path = data_dir / "secret_key"
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            _publish_secret(path)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigError(f"DATA_DIR={data_dir} cannot be used: {path.name}: {reason}.") from None
    if len(key) < MIN_SECRET_LENGTH:
        raise ConfigError(f"The key in {path} is too short; delete the file to get a new one.")
    return key


def _publish_secret(path: Path) -> None:
    """Writes a complete file first and links it into place, so that no reader ever sees an empty key."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was first; its key counts
    finally:
        draft.unlink(missing_ok=True)
