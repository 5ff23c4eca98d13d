"""The languages: which one a request is in, and its texts from app/locale."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, has_request_context, request

from components.words import EXTENSION, Words

LANGUAGES = {"en": "English", "fr": "Français"}
DEFAULT = "en"
COOKIE = "tidemark_lang"
LOCALE = Path(__file__).parent / "locale"


@lru_cache(maxsize=len(LANGUAGES))
def translator(lang: str) -> Words:
    """The texts of a language: ``t("key", name=value)``, ``t.number(31400)``, ``t.date(day)``."""
    return Words(lang, json.loads((LOCALE / f"{lang}.json").read_text("utf-8")))


def language() -> str:
    """The language of the request: ``?lang=``, then the cookie, then the browser's, then English."""
    if not has_request_context():
        return DEFAULT
    for wanted in (request.args.get("lang", ""), request.cookies.get(COOKIE, "")):
        if wanted in LANGUAGES:
            return wanted
    return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT


def words() -> Words:
    """The texts in the language of the request."""
    return translator(language())


def register(server: Flask) -> None:
    """Lets callbacks reach the translator, and keeps a language that was asked for with ``?lang=``."""
    server.extensions[EXTENSION] = words

    @server.after_request
    def remember(response: Response) -> Response:
        wanted = request.args.get("lang", "")
        if wanted in LANGUAGES and response.mimetype == "text/html":
            response.set_cookie(COOKIE, wanted, max_age=365 * 86400, samesite="Lax", path="/")
        return response
