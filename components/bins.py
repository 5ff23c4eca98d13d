"""The labels of core's bins in the language of the page."""

from __future__ import annotations

import re

from components.words import Words, shown

LONGEST_LABEL = 28
"""Characters below a bar."""


def bin_label(t: Words, label: str, kind: str) -> str:
    """'up to 2', '3 – 6', 'over 6' and 'other' of a report, in the language of the page."""
    if kind == "category":
        return (
            t("bin.other")
            if label == "other"
            else t.get(f"bin.value.{label}", t.get(f"rule.{label}", shown(label, LONGEST_LABEL)))
        )

    def number(match: re.Match[str]) -> str:
        plain = match[0].replace(",", "")
        return t.number(float(plain), len(plain.partition(".")[2]))

    text = re.sub(r"\d[\d,]*(\.\d+)?", number, label) if "e" not in label.removeprefix("over ") else label
    for prefix, key in (("up to ", "bin.up_to"), ("over ", "bin.over")):
        if text.startswith(prefix):
            return t(key, value=text.removeprefix(prefix))
    return text
