"""Limits on a report's texts, so that any database can store them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from typing import Any

from app.rules.alerts.alert_reports import AlertReport

MAX_MESSAGE = 2000
MAX_DESCRIPTION = 4000
MAX_COMMENT = 4000
MAX_VALUE = 500
MAX_NAME = 500
MAX_URL = 2000
MAX_EXTERNAL_ID = 200
MAX_SEVERITY = 100
MAX_LABELS = 64
MAX_LABEL_NAME = 100
MAX_LABEL_VALUE = 500
"""With the name, at most 2,400 bytes of UTF-8: PostgreSQL's index on label pairs cannot hold more."""
MAX_ANNOTATION = 4000
MAX_RAW = 32 * 2**10
"""In characters of JSON."""


def bounded(report: AlertReport) -> AlertReport:
    """Return the report with long texts cut; identities and label values stay distinct."""
    return replace(
        report,
        external_id=_short(report.external_id, MAX_EXTERNAL_ID),
        message=_cut(report.message, MAX_MESSAGE),
        description=_cut(report.description, MAX_DESCRIPTION),
        comment=_cut(report.comment, MAX_COMMENT),
        value=report.value and _cut(report.value, MAX_VALUE),
        source_severity=report.source_severity and report.source_severity[:MAX_SEVERITY],
        source_url=_link(report.source_url),
        labels=bounded_labels(report.labels),
        annotations={
            _short(name, MAX_LABEL_NAME): _cut(text, MAX_ANNOTATION)
            for name, text in islice(report.annotations.items(), MAX_LABELS)
        },
        host_external_id=report.host_external_id and report.host_external_id[:MAX_NAME],
        host_name=report.host_name and report.host_name[:MAX_NAME],
        item_external_id=report.item_external_id and report.item_external_id[:MAX_NAME],
        item_name=report.item_name and report.item_name[:MAX_NAME],
        raw=bounded_raw(report.raw),
    )


def bounded_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return up to 64 labels with names and values that the index of labels can hold, without empty values."""
    # Nearly all are short: a pull checks those of each of its hosts.
    if (
        len(labels) <= MAX_LABELS
        and all(labels.values())
        and max(map(len, labels), default=0) <= MAX_LABEL_NAME
        and max(map(len, labels.values()), default=0) <= MAX_LABEL_VALUE
    ):
        return dict(labels)
    said = ((name, value) for name, value in labels.items() if value)
    return {_short(name, MAX_LABEL_NAME): _short(value, MAX_LABEL_VALUE) for name, value in islice(said, MAX_LABELS)}


def bounded_raw(raw: Any) -> Any:
    """Return a raw report; one that is too long becomes the start of its JSON."""
    text = "" if raw is None else json.dumps(raw, ensure_ascii=False)
    return raw if len(text) <= MAX_RAW else {"cut": text[:MAX_RAW], "characters": len(text)}


def _link(url: str | None) -> str | None:
    """Return a URL that a page can link to; not `javascript:` and its like, which would run in the reader's session."""
    is_link = url is not None and len(url) <= MAX_URL and url.lower().startswith(("http://", "https://"))
    return url if is_link else None


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _short(text: str, length: int) -> str:
    """Return a text of limited length; a longer one keeps its start and ends in its hash, so that it stays distinct."""
    if len(text) <= length:
        return text
    mark = f"~{sha256(text.encode()).hexdigest()}"
    return text[: length - len(mark)] + mark
