"""Reads from Prometheus's configuration what decides the labels of its alerts, and how soon they can be known."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import yaml

from app.connectors.http.json_body import storable
from app.connectors.prometheus.records import read_labels, read_member
from app.connectors.prometheus.relabeling import MAX_RULES, Rule, UnknownRule, read_rule
from app.errors import SourceGarbled

SECTION = r"^{}:[ ]*(?:\S.*)?\n(?:[ \t].*\n|\n)*"
GLOBAL_SECTION = re.compile(SECTION.format("global"), re.MULTILINE)
"""The only sections that are read of a configuration, which may have megabytes of targets."""
ALERTING_SECTION = re.compile(SECTION.format("alerting"), re.MULTILINE)
RELABEL_SECTION = re.compile(r"^  alert_relabel_configs:[ ]*\n(?:(?:   |  -).*\n)*", re.MULTILINE)
MAX_SECTION = 64 * 2**10
"""In characters. Parsing YAML takes a thousand times its size in memory, and a second for 100 kB."""
UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
DEFAULT_SCRAPE_INTERVAL = timedelta(minutes=1)
MAX_SCRAPE_INTERVAL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is known of a Prometheus's configuration; the defaults if it does not show it."""

    external_labels: Mapping[str, str] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    """Applied to the labels of each alert."""
    scrape_interval: timedelta = DEFAULT_SCRAPE_INTERVAL
    missing: Sequence[str] = ()
    """What could not be applied, each a sentence for people."""


def read_configuration(data: object) -> Configuration:
    """Return what is needed of `/api/v1/status/config`. Raises SourceGarbled.

    A rule for labels that nagare does not know is left out, with a sentence: the labels that identify an alert then
    differ from Alertmanager's, but are always the same.
    """
    text = read_member(data, "yaml", str) + "\n"
    settings = _read_section(text, GLOBAL_SECTION, "global")
    labels = settings.get("external_labels")
    rules, missing = _read_rules(text)
    return Configuration(
        external_labels=storable(read_labels({"external_labels": labels}, "external_labels")) if labels else {},
        rules=rules,
        scrape_interval=_read_interval(settings.get("scrape_interval")),
        missing=missing,
    )


def _read_rules(text: str) -> tuple[list[Rule], list[str]]:
    alerting = ALERTING_SECTION.search(text)
    if alerting is None:
        return [], []
    if len(alerting[0]) > MAX_SECTION:
        found = RELABEL_SECTION.search(alerting[0])
        return _convert(_read_text(found[0]).get("alert_relabel_configs") if found else None)
    tree = _parse(alerting[0]).get("alerting")
    settings = tree if isinstance(tree, dict) else {}
    rules, missing = _convert(settings.get("alert_relabel_configs"))
    return [*rules, *_common_rules(settings.get("alertmanagers"))], missing


def _common_rules(alertmanagers: object) -> Sequence[Rule]:
    """Return the rules of the Alertmanagers themselves, if all of them have the same ones."""
    if not isinstance(alertmanagers, list):
        return []
    each = [_convert(one.get("alert_relabel_configs"))[0] for one in alertmanagers if isinstance(one, dict)]
    return each[0] if each and all(rules == each[0] for rules in each) else []


def _convert(entries: object) -> tuple[list[Rule], list[str]]:
    """Return the rules of a list, and a sentence for each entry that is none."""
    rules: list[Rule] = []
    missing: list[str] = []
    for number, entry in enumerate(_entries(entries), 1):
        try:
            rules.append(read_rule(entry))
        except UnknownRule as error:
            missing.append(f"Rule {number} of Prometheus's alert_relabel_configs was not applied: {error}")
    return rules, missing


def _entries(entries: object) -> list[object]:
    if entries in (None, "", "null", "~"):
        return []
    if not isinstance(entries, list):
        raise SourceGarbled("Prometheus returned alert_relabel_configs that are not a list")
    if len(entries) > MAX_RULES:
        raise SourceGarbled(f"Prometheus's configuration has more than {MAX_RULES} alert_relabel_configs")
    return entries


def _read_section(text: str, pattern: re.Pattern[str], name: str) -> dict[str, Any]:
    section = pattern.search(text)
    tree = _read_text(section[0]).get(name) if section else None
    return tree if isinstance(tree, dict) else {}


def _read_text(text: str) -> dict[str, Any]:
    if len(text) > MAX_SECTION:
        name = text.strip().partition(":")[0]
        raise SourceGarbled(f"The {name} section of Prometheus's configuration has more than {MAX_SECTION} characters")
    return _parse(text)


def _parse(text: str) -> dict[str, Any]:
    try:
        tree = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts only, as labels are
    # OverflowError, ValueError: an escape outside the Unicode range.
    except (yaml.YAMLError, RecursionError, OverflowError, ValueError):
        raise SourceGarbled("Prometheus returned a configuration that is not valid YAML") from None
    return tree if isinstance(tree, dict) else {}


def _read_interval(text: object) -> timedelta:
    """Return a duration like `1m30s`; the default for anything else."""
    parts = re.findall(r"(\d{1,9})(ms|[smhdwy])", text) if isinstance(text, str) else []
    seconds = sum(int(number) * UNITS_S[unit] for number, unit in parts)
    return min(timedelta(seconds=min(seconds, 1e6)), MAX_SCRAPE_INTERVAL) if seconds else DEFAULT_SCRAPE_INTERVAL
