"""Cells of a CSV file: readable for people, and never run by a spreadsheet."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

FORMULA = re.compile("[\\s\ufeff\u200b]*[=+\\-@＝＋－＠]|[\t\r\n]")
"""How a text starts that a spreadsheet would take for a formula (OWASP, CSV injection): also behind what looks like
nothing, and in the full width of Chinese input methods."""
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def cell(value: Any) -> str:
    """Return a value of a row of the API as the text of a cell; an apostrophe disarms what looks like a formula."""
    text = _text(value)
    return f"'{text}" if FORMULA.match(text) and not PLAIN_NUMBER.fullmatch(text) else text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return _pairs(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        is_plain = all(isinstance(each, str | int | float) for each in value)
        return ", ".join(map(_text, value)) if is_plain else _json(value)
    return str(value)


def _pairs(value: Mapping[Any, Any]) -> str:
    is_plain = all(each is None or isinstance(each, str | int | float) for each in value.values())
    return ", ".join(f"{name}={_text(each)}" for name, each in value.items()) if is_plain else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
