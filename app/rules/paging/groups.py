"""Parts the alerts of a route into pages by what the route groups by."""

import json
from collections.abc import Sequence
from hashlib import blake2b

from app.rules.response.notifications import Change

FIELDS = ("host", "item", "monitor", "source", "severity", "alert")
"""What a route can group by besides labels; `alert` makes each alert a page of its own."""


def group_key(group_by: Sequence[str], change: Change) -> str:
    """Return a key that is the same for all alerts of one page; empty if the route does not group."""
    if not group_by:
        return ""
    values = [[name, _value(name, change)] for name in sorted(set(group_by))]
    return blake2b(json.dumps(values).encode(), digest_size=16).hexdigest()


def _value(name: str, change: Change) -> str:
    own = {
        "host": change.host_name or "",
        "item": change.item_name,
        "monitor": str(change.monitor_id),
        "source": change.source,
        "severity": str(int(change.severity)),
        "alert": str(change.alert_id),
    }
    return own[name] if name in own else str(change.labels.get(name, ""))
