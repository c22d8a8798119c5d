"""Reads the performance data of monitoring plugins: `'label'=value[UOM];[warn];[crit];[min];[max]`, by their guideline.

Nagios and Icinga hand it on as the plugin wrote it, so any part of it can be wrong: what is no measurement is skipped.
"""

import re
from typing import NamedTuple

MAX_TEXT = 65_535
"""Characters that are read; what a plugin writes beyond is no measurement that anyone looks at."""
MAX_LABEL = 512
UNDETERMINED = "U"
"""What a plugin writes if it could not determine the value."""
NUMBER = r"[-+]?(?:\d{1,64}(?:[.,]\d{0,64})?|[.,]\d{1,64})(?:[eE][-+]?\d{1,4})?"
# The lengths are limited because each start could otherwise scan to the end of a text without a closing quote.
MEASUREMENT = re.compile(
    rf"(?<!\S)(?:'(?P<quoted>(?:[^']|''){{1,{MAX_LABEL}}})'|(?P<plain>[^\s'=][^\s=]{{0,{MAX_LABEL - 1}}}))"
    rf"=(?P<value>{NUMBER}|{UNDETERMINED}(?=[;\s]|$))(?P<unit>[^\s\d;'\"=]{{0,32}})(?P<limits>(?:;[^\s;]{{0,128}})*)(?!\S)"
)


class PerformanceValue(NamedTuple):
    """One measurement of a plugin, with the thresholds as the plugin wrote them: `10`, `10:20`, `@5:8`, `~:3`."""

    label: str
    value: str
    """A number with a decimal point; empty if the plugin could not determine it."""
    unit: str
    """As the plugin wrote it: `s`, `%`, `MB`; `c` is a counter."""
    warning: str = ""
    critical: str = ""
    minimum: str = ""
    maximum: str = ""


def parse(text: str) -> list[PerformanceValue]:
    """Return the measurements of a plugin's performance data, each label once: the first one counts."""
    found: dict[str, PerformanceValue] = {}
    for match in MEASUREMENT.finditer(text[:MAX_TEXT]):
        label = (match["quoted"] or match["plain"] or "").replace("''", "'").strip()
        if label:
            limits = [*match["limits"].split(";")[1:5], "", "", "", ""][:4]
            found.setdefault(label, PerformanceValue(label, _number(match["value"]), match["unit"], *limits))
    return list(found.values())


def _number(value: str) -> str:
    # Plugins that follow the locale write a decimal comma.
    return "" if value == UNDETERMINED else value.replace(",", ".")
