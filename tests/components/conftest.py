"""Texts of both languages, both themes."""

from __future__ import annotations

import pytest

from app.i18n import LANGUAGES, translator
from components.figures.palette import DARK, LIGHT, Theme
from components.words import Words


@pytest.fixture(params=sorted(LANGUAGES))
def t(request: pytest.FixtureRequest) -> Words:
    return translator(request.param)


@pytest.fixture
def english() -> Words:
    return translator("en")


@pytest.fixture
def french() -> Words:
    return translator("fr")


@pytest.fixture(params=[LIGHT, DARK], ids=lambda theme: theme.name)
def theme(request: pytest.FixtureRequest) -> Theme:
    return request.param
