"""Makes JSON values storable, and texts of them."""

import json
import math
import re
from typing import Any

MAX_DEPTH = 40
"""Deeper values could not be written as JSON again, or shown."""
TOO_DEEP = "(nested too deeply)"
# PostgreSQL cannot store NUL, and no encoding a lone surrogate. Losing such a character is better than losing the
# alert.
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """Return the text with characters replaced that no database can store. Raises TypeError for anything else."""
    return UNWRITABLE.sub(REPLACEMENT, text)


def storable(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return a JSON value that any database can store: without NUL, lone surrogates, infinite numbers, deep nesting."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list | dict) and not depth:
        return TOO_DEEP
    if isinstance(value, list):
        return [storable(member, depth - 1) for member in value]
    if isinstance(value, dict):
        return {storable(name): storable(member, depth - 1) for name, member in value.items()}
    return value


def as_text(value: object) -> str:
    """Return a JSON value as text: a string itself, null as an empty text, anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
