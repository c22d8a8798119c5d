"""Why a message of a page goes to somebody, and what became of it, as the database keeps it: JSON with a `code`."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

MAX_HISTORY = 500
"""How many entries of a page's history are kept: the newest."""
MAX_DETAIL = 500

Reason = Mapping[str, Any]


def dump(reason: Reason) -> str:
    """Return a reason as the text to store."""
    return json.dumps(reason, ensure_ascii=False)


def load(stored: str | None) -> dict[str, Any]:
    """Return a stored reason; empty if there is none."""
    found: dict[str, Any] = json.loads(stored) if stored else {}
    return found


def ended(stored: str | None, code: str, detail: str | None = None) -> str:
    """Return a stored reason with what became of the message."""
    more = {"detail": detail[:MAX_DETAIL]} if detail else {}
    return dump({**load(stored), "code": code, **more})


def with_entry(history: list[Any], at: datetime, code: str, **about: Any) -> list[Any]:
    """Return a page's history with one more entry."""
    return [*history, {"at": at.isoformat(), "code": code, **about}][-MAX_HISTORY:]


def page_reason(code: str, page: Mapping[Any, Any]) -> Reason:
    """Return why an event of a page is told or not."""
    return {"code": code, "route_id": page["route_id"], "route": page["route_name"], "page_id": page["id"]}
