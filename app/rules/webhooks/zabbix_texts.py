"""Reads what Zabbix writes into the values of macros: tags as JSON, local dates and times."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.rules.alerts.zabbix_alerts import tag_labels
from app.rules.webhooks.json_values import clean

LOCAL_TIME = "%Y.%m.%d %H:%M:%S"
MAX_TAGS_TEXT = 100_000
MAX_ZONE = 100


def posted_tags(text: str) -> tuple[dict[str, str], str]:
    """Return tags as labels, and the text itself if it is not the JSON of {EVENT.TAGSJSON}."""
    try:
        tags = json.loads(text) if text and len(text) <= MAX_TAGS_TEXT else []
        return tag_labels((clean(tag["tag"]), clean(tag["value"])) for tag in tags), ""
    except (ValueError, TypeError, LookupError, RecursionError):
        return {}, text


def local_time(date: str, time: str, zone: str) -> datetime | None:
    """Return a date like 2026.01.31 and a time like 12:00:00 in a time zone, in UTC.

    None if one of them is not of that form, or if the clocks of the zone showed that time twice or never.
    """
    found = _zone(zone)
    try:
        local = datetime.strptime(f"{date} {time}", LOCAL_TIME).replace(tzinfo=found)
        first, second = local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return first if found and first == second else None


@lru_cache(maxsize=100)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if len(name) <= MAX_ZONE else None
    # KeyError: there is no such zone. OSError: the name is that of a folder.
    except (ValueError, KeyError, OSError):
        return None
