"""The README says what is true: its configuration table is the code's, its commands exist."""

from __future__ import annotations

import re

from app.settings import settings_markdown
from core.cli import main
from core.config import PROJECT_ROOT

README = (PROJECT_ROOT / "README.md").read_text("utf-8")


def test_the_configuration_table_is_the_codes():
    table = README.split("<!-- settings: generated from app.settings, checked by a test -->\n")[1]
    assert table.split("<!-- /settings -->")[0].strip() == settings_markdown().strip()


def test_every_command_named_exists():
    named = set(re.findall(r"python -m core (\w+)", README))
    assert named
    assert named <= set(main.commands)


def test_every_make_target_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT_ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"make (run|test|check|bench|clean|setup|lock|format)\b", README)) <= targets
