"""Limits on a report's texts, so that any database can store them."""

from dataclasses import replace
from hashlib import sha256

from app.rules.alert_reports import AlertReport

MAX_MESSAGE = 2000
MAX_COMMENT = 4000
MAX_NAME = 500
MAX_EXTERNAL_ID = 200


def bounded(report: AlertReport) -> AlertReport:
    """Return the report with long texts cut and over-long names dropped; identities stay distinct."""
    return replace(
        report,
        external_id=_short_id(report.external_id),
        message=_cut(report.message, MAX_MESSAGE),
        comment=_cut(report.comment, MAX_COMMENT),
        host_external_id=report.host_external_id and report.host_external_id[:MAX_NAME],
        host_name=report.host_name and report.host_name[:MAX_NAME],
        item_external_id=report.item_external_id and report.item_external_id[:MAX_NAME],
        item_name=report.item_name and report.item_name[:MAX_NAME],
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _short_id(external_id: str) -> str:
    """Return an identity of limited length; a longer one keeps its start and ends in its hash."""
    if len(external_id) <= MAX_EXTERNAL_ID:
        return external_id
    mark = f"~{sha256(external_id.encode()).hexdigest()}"
    return external_id[: MAX_EXTERNAL_ID - len(mark)] + mark
