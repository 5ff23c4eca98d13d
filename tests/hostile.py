"""Data and records full of texts that try to be something else than text."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import insert

from core.config import Config
from core.state.engine import open_engine, writing
from core.state.tables import ALERTS, now

SCRIPT = '<script>window.pwned=1</script><img src=x onerror="window.pwned=1">'
FORMULA = "=cmd|'/C calc'!A0"
TURNED = "\u202egnp.exe\u202c \u2069 שלום"
CONTROLS = "a\x00b\x1b[2J\r\nPWNED line\u2028c\x9b31m"
LONG = "W" * 10_000

COUNTRIES = (SCRIPT, FORMULA, TURNED, CONTROLS, LONG)
OTHERS = (
    '"><svg/onload=window.pwned=1>', "{t.lang} {0} %s %{y} $\\alpha$", "__proto__", "constructor", "+1+1", "@SUM(1)",
    "-2+3", "\t=1+1", "مرحبا بالعالم", "javascript:window.pwned=1", "'; DROP TABLE jobs; --", "</textarea></script>",
    "<b>bold</b><br><a href='//evil'>x</a>", "\u202a\u202b\u2066\u2067", " ".join(["word"] * 2000), "&lt;i&gt; &amp;",
)  # fmt: skip
TEXTS = (*COUNTRIES, *OTHERS)

FILE_NAME = "=1+1 <img src=x onerror=window.pwned=1>\u202e שלום.parquet"
DAYS, A_DAY = 420, 24
FIRST = dt.date(2024, 9, 1)


def write_lines(folder: Path) -> Path:
    """A file of sales whose every text is hostile; the five countries are segments of their own."""
    rng = np.random.default_rng(4)
    n = DAYS * A_DAY
    minutes = np.sort(rng.integers(480, 1190, (DAYS, A_DAY)), axis=1)
    minutes[-1, -1] = 1195  # the last day goes to its end
    days = np.datetime64(FIRST) + np.arange(DAYS)
    texts = np.array(TEXTS, dtype=object)
    frame = pd.DataFrame(
        {
            "InvoiceDate": (days.astype("datetime64[m]")[:, None] + minutes.astype("timedelta64[m]")).ravel(),
            "Invoice": [f"{texts[i % len(texts)][:60]}{i // 3}" for i in range(n)],
            "StockCode": texts[rng.integers(0, len(texts), n)],
            "Description": texts[rng.integers(0, len(texts), n)],
            "Quantity": np.where(rng.random(n) < 0.02, -1, rng.geometric(0.3, n)),
            "Price": np.round(rng.lognormal(1, 0.5, n), 2),
            "Customer ID": texts[rng.integers(0, len(texts), n)],
            "Country": texts[rng.choice(len(COUNTRIES), n, p=[0.3, 0.25, 0.2, 0.15, 0.1])],
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(folder / FILE_NAME)
    return folder / FILE_NAME


def write_records(config: Config, version: str) -> int:
    """Alerts, jobs, silences and entries of the audit with such texts: as people type them, and as they might stand in
    a database that others write into. Returns the number of the alert about the script."""
    from core.lifecycle import audit
    from core.lifecycle.jobs import Jobs
    from core.monitoring.alerts import Alerts

    engine = open_engine(config.database)
    last = FIRST + dt.timedelta(days=DAYS - 1)
    rows = [
        {
            "version_id": version, "key": f"level {i}", "kind": "level", "severity": "warning", "state": "open",
            "first_day": last - dt.timedelta(days=i), "opened_day": last - dt.timedelta(days=i), "last_day": last,
            "fired_days": 1, "subjects": [f"transactions/country:{text}", text], "value": 2.0, "limit": 1.0,
            "evidence": {"rule": "psi", "note": text},
        }
        for i, text in enumerate(TEXTS)
    ]  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(ALERTS), rows)
    alerts = Alerts(engine, config.outlets)
    numbers = {one.evidence["note"]: one.id for one in alerts.open() if "note" in one.evidence}
    for text, number in numbers.items():
        alerts.acknowledge(number, text[:100], text[:500])
    alerts.silence_alert(numbers[SCRIPT], now() + dt.timedelta(days=3), SCRIPT, TURNED, of_kind=False)
    jobs = Jobs(engine)
    for text in TEXTS:
        job = jobs.start("monitor", text[:100], f"manual: {text[:500]}")
        try:
            with jobs.run(job) as run:
                run(0.5, text[:500])
                raise ValueError(text)
        except ValueError:
            pass
    with writing(engine) as connection:
        for text in TEXTS:
            audit.record(connection, text[:100], audit.CHAMPION, (version, text[:60]), text[:500], {"note": text[:500]})
    return numbers[SCRIPT]
