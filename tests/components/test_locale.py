"""The catalogues: same keys, same placeholders, every key used exists, none is dead."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from app.i18n import LANGUAGES, LOCALE
from components.measures import MEASURES
from core.models.catalogue import MODEL_NAMES
from core.monitoring.features import MODEL_INPUTS
from core.monitoring.inspect import Refusal
from core.monitoring.policies import POLICY_NAMES
from core.monitoring.signal import KINDS
from core.series.panel import MEASURES as CORE_MEASURES
from core.transactions.counts import LINE_FEATURES
from core.transactions.rules import RULE_IDS

ROOT = Path(__file__).parents[2]
CODE = [path for room in ("app", "callbacks", "components") for path in sorted((ROOT / room).rglob("*.py"))]
CATALOGUES = {lang: json.loads((LOCALE / f"{lang}.json").read_text("utf-8")) for lang in LANGUAGES}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def used_keys() -> tuple[set[str], set[str]]:
    """Keys written out in the code, and patterns of those put together (``measure.{…}``)."""
    source = "\n".join(path.read_text("utf-8") for path in CODE)
    plain = set(re.findall(r"""\"([a-z_]+(?:\.[a-z_0-9]+)+)\"""", source))
    built = set(re.findall(r"""f"([a-z_]*(?:\.?[a-z_]*|\{[^}"]*\})*\{[^}"]*\}[a-z_.]*)\"""", source))
    patterns = {re.sub(r"\{[^}]*\}", "*", one) for one in built if "." in one}
    return plain, {one for one in patterns if one == "*.intro" or not one.startswith("*")}


def test_same_keys_and_placeholders() -> None:
    english = CATALOGUES["en"]
    for lang, catalogue in CATALOGUES.items():
        assert set(catalogue) == set(english), lang
        for key, text in catalogue.items():
            assert placeholders(text) == placeholders(english[key]), f"{lang}: {key}"


def test_every_key_used_exists() -> None:
    plain, _ = used_keys()
    known = set(CATALOGUES["en"])
    counted = {key.rsplit(".", 1)[0] for key in known if key.endswith((".one", ".other"))}
    prefixes = {key.split(".")[0] for key in known}
    files = (".json", ".js", ".py", ".csv", ".xlsx", ".words")
    missing = {
        key for key in plain if key.split(".")[0] in prefixes and key not in known | counted and not key.endswith(files)
    }
    assert not missing


def test_no_key_is_dead() -> None:
    plain, built = used_keys()
    patterns = [re.compile(re.escape(one).replace(r"\*", ".+") + r"(\.one|\.other)?$") for one in built]
    dead = {
        key
        for key in CATALOGUES["en"]
        if key not in plain
        and key.rsplit(".", 1)[0] not in plain
        and not any(pattern.match(key) for pattern in patterns)
    }
    assert not dead


def test_one_word_for_false_alarms_in_french() -> None:
    assert [key for key, text in CATALOGUES["fr"].items() if re.search("fausses? alerte", text)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_of_core_are_translated(lang: str) -> None:
    known = CATALOGUES[lang]
    assert MEASURES == CORE_MEASURES
    wanted = [f"measure.{one}" for one in MEASURES] + [f"unit.{one}" for one in MEASURES]
    wanted += [f"overview.headline.{one}" for one in MEASURES]
    wanted += [f"rule.{one}{end}" for one in RULE_IDS for end in ("", ".sentence")]
    wanted += [f"model.{one}" for one in MODEL_NAMES]
    wanted += [f"feature.{one.name}" for one in LINE_FEATURES] + [
        f"feature.{one}" for one in (*MEASURES, *MODEL_INPUTS)
    ]
    wanted += [
        f"{start}.{one.replace(' ', '_')}" for one in KINDS for start in ("alert.kind", "alert.sentence", "alert.todo")
    ]
    wanted += [f"monitor.refused.{one.replace(' ', '_')}" for one in get_args(Refusal)]
    wanted += [f"replay.policy.{one}" for one in POLICY_NAMES]
    assert [key for key in wanted if key not in known] == []


def test_english_sentences_of_the_rules_are_those_of_core() -> None:
    from core.transactions.rules import RULES

    for rule in RULES:
        assert CATALOGUES["en"][f"rule.{rule.id}.sentence"] == rule.sentence
