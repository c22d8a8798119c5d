"""Writes series in PromQL: selectors for queries, keys that identify a series, names for people."""

import re
from collections.abc import Iterable, Mapping

from app.rules.alerts.prometheus_labels import list_labels


def make_selector(labels: Mapping[str, str]) -> str:
    """Return the PromQL that selects all series with these labels."""
    return f"{{{_join_pairs(labels)}}}"


def make_selector_of_any(label: str, values: Iterable[str], labels: Mapping[str, str]) -> str:
    """Return the PromQL that selects the series with these labels and any of some values of another one.

    Prometheus looks each value up in its index, as it does for one value: the expression has no other operator.
    """
    pairs = _join_pairs(labels)
    return f"{{{_write_label(label)}=~{quote(any_of(values))}{',' if pairs else ''}{pairs}}}"


def any_of(values: Iterable[str]) -> str:
    """Return the regular expression of RE2 that matches exactly these texts."""
    return "|".join(re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", value) for value in values)


def with_labels(key: str, labels: Mapping[str, str]) -> str:
    """Return a series' key with more labels: the selector of the series on one host."""
    pairs = _join_pairs(labels)
    if not key.endswith("}"):
        return f"{key}{{{pairs}}}"
    return f"{key[:-1]}{'' if key.endswith('{}') else ','}{pairs}}}"


def quote(text: str) -> str:
    """Return a text as PromQL writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def make_key(metric: str, labels: Mapping[str, str]) -> str:
    """Return a series in PromQL with sorted labels: the same text for the same series at any time."""
    pairs = _join_pairs(labels)
    if not re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", metric):
        return f"{{{quote(metric)}{',' if pairs else ''}{pairs}}}"
    return f"{metric}{{{pairs}}}" if pairs else metric


def make_name(metric: str, labels: Mapping[str, str]) -> str:
    """Return a readable name of a series."""
    return f"{metric} {list_labels(labels)}".strip()


def _join_pairs(labels: Mapping[str, str]) -> str:
    return ",".join(f"{_write_label(label)}={quote(value)}" for label, value in sorted(labels.items()))


def _write_label(label: str) -> str:
    """Return a label's name, quoted if only Prometheus 3 allows it."""
    return label if re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", label) else quote(label)
