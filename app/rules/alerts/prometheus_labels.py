"""Identities derived from labels: Alertmanager's fingerprint of an alert, and the host of a target."""

from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote

MAX_EXTERNAL_ID = 500
FNV_OFFSET = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3
SEPARATOR = b"\xff"
"""A byte that never occurs in UTF-8."""


def fingerprint(labels: Mapping[str, str]) -> str:
    """Return Alertmanager's fingerprint of an alert with these labels.

    It is the 64-bit FNV-1a hash of the labels sorted by name (`LabelSet.Fingerprint` of Prometheus's `model` package),
    without empty labels, which Alertmanager drops.
    """
    text = b"".join(
        name.encode() + SEPARATOR + value.encode() + SEPARATOR for name, value in sorted(labels.items()) if value
    )
    state = FNV_OFFSET
    for byte in text:
        state = (state ^ byte) * FNV_PRIME & 0xFFFFFFFFFFFFFFFF
    return f"{state:016x}"


def host_external_id(job: str, instance: str) -> str:
    """Return the external id of the host for a target's job and instance."""
    return fit_external_id(f"{quote(job, safe='')}/{instance}")


def fit_external_id(text: str) -> str:
    """Return an external id of at most 500 characters; a longer one keeps its start and ends in its hash."""
    if len(text) <= MAX_EXTERNAL_ID:
        return text
    mark = f"~{sha256(text.encode()).hexdigest()}"
    return text[: MAX_EXTERNAL_ID - len(mark)] + mark


def list_labels(labels: Mapping[str, str]) -> str:
    """Return the labels as readable text."""
    return ", ".join(f"{label}={value}" for label, value in sorted(labels.items()))
