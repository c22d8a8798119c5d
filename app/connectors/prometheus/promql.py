"""Writes series in PromQL: selectors for queries, keys that identify a series, names for people."""

import re
from collections.abc import Mapping

from app.rules.alerts.prometheus_labels import list_labels


def make_selector(labels: Mapping[str, str]) -> str:
    """Return the PromQL that selects all series with these labels."""
    return f"{{{_join_pairs(labels)}}}"


def make_key(metric: str, labels: Mapping[str, str]) -> str:
    """Return a series in PromQL with sorted labels: the same text for the same series at any time."""
    pairs = _join_pairs(labels)
    if not re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", metric):
        return f"{{{_quote(metric)}{',' if pairs else ''}{pairs}}}"
    return f"{metric}{{{pairs}}}" if pairs else metric


def make_name(metric: str, labels: Mapping[str, str]) -> str:
    """Return a readable name of a series."""
    return f"{metric} {list_labels(labels)}".strip()


def _join_pairs(labels: Mapping[str, str]) -> str:
    return ",".join(f"{_write_label(label)}={_quote(value)}" for label, value in sorted(labels.items()))


def _write_label(label: str) -> str:
    """Return a label's name, quoted if only Prometheus 3 allows it."""
    return label if re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", label) else _quote(label)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
