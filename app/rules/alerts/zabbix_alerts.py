"""What pulled and posted problems of Zabbix have in common: tags and times."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

SOURCE = "zabbix"
UNVALUED = "true"
"""The label value of a tag without a value: a label with an empty value is the same as none."""
EPOCH = datetime.fromtimestamp(0, UTC)


def tag_labels(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return tags, pairs of name and value, as labels in the order of their names.

    The values of a tag that occurs several times are sorted and joined by `, `.
    """
    values: dict[str, set[str]] = defaultdict(set)
    for name, value in tags:
        if name:
            values[name].add(value)
    return {name: ", ".join(sorted(filter(None, values[name]))) or UNVALUED for name in sorted(values)}


def unix_time(seconds: int, nanoseconds: int = 0) -> datetime | None:
    """Return a time of Zabbix's clock; None for 0, which Zabbix uses for no time. Raises ValueError."""
    if seconds == 0:
        return None
    try:
        return (EPOCH + timedelta(seconds=seconds)).replace(microsecond=nanoseconds // 1000)
    except (ValueError, OverflowError):
        raise ValueError("Must be a number of seconds since 1970, before the year 10000.") from None
