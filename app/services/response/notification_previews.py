"""Shows what a notification would say of real alerts, and sends nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from app.enums import AlertStatus, NotificationKind
from app.errors import Invalid, NotFound
from app.rules.response.notification_examples import ANNOTATIONS, FIRED, NOTIFICATION
from app.rules.response.notification_templates import DEFAULTS
from app.rules.response.notifications import Change
from app.rules.timezones import is_timezone
from app.services.response.message_drafts import draft_of
from app.services.response.message_writer import Draft, MessageWriter
from app.store.database.engine import Database
from app.store.response import notification_changes, notifications

KINDS = {
    AlertStatus.ACTIVE: NotificationKind.FIRED,
    AlertStatus.ACKNOWLEDGED: NotificationKind.ACKNOWLEDGED,
    AlertStatus.RESOLVED: NotificationKind.RESOLVED,
}


class NotificationPreviews:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, writer: MessageWriter) -> None:
        self._database = database
        self._writer = writer

    def preview(
        self,
        *,
        notification_id: int | None = None,
        alert_id: int | None = None,
        alert_ids: Sequence[int] = (),
        **given: str | None,
    ) -> Mapping[str, Any]:
        """Return the message about these alerts, otherwise about the newest alert, or an example if there is none.

        `given` (`title_template`, `body_template`, `language`, `timezone`) takes precedence over what the notification
        has. Raises Invalid naming the wrong field, with the line of a template, NotFound.
        """
        if given.get("timezone") and not is_timezone(str(given["timezone"])):
            raise Invalid("timezone", "Must be an IANA time zone, such as Asia/Shanghai.")
        wanted = [*alert_ids, *([alert_id] if alert_id is not None else [])]
        with self._database.reading() as connection:
            row = _notification(connection, notification_id) | given
            changes = _changes(connection, wanted, "alert_ids" if alert_ids else "alert_id")
            draft = draft_of(connection, row, changes or [FIRED])
        if not changes:
            draft = replace(draft, annotations=ANNOTATIONS)
        return {**self._write(draft), "alert_ids": [change.alert_id for change in changes]}

    def defaults(self) -> list[Mapping[str, str]]:
        """Return for each language the templates that write what the built-in text says."""
        return [{"language": str(language), **templates} for language, templates in DEFAULTS.items()]

    def _write(self, draft: Draft) -> dict[str, Any]:
        written = self._writer.write(draft)
        if written.fault is not None:
            raise Invalid(written.fault.field, str(written.fault))
        return {"title": written.text.title, "body": written.text.body, "truncated": written.is_cut}


def _notification(connection: Connection, notification_id: int | None) -> dict[str, Any]:
    if notification_id is None:
        return {**NOTIFICATION}
    row = notifications.find(connection, notification_id)
    if row is None:
        raise NotFound(f"there is no notification {notification_id}")
    return {str(name): value for name, value in row.items()}


def _changes(connection: Connection, wanted: Sequence[int], field: str) -> list[Change]:
    alert_ids = wanted or notification_changes.newest_alert_ids(connection, 1)
    rows = notification_changes.alerts(connection, alert_ids)
    missing = {*alert_ids} - {row["alert_id"] for row in rows}
    if missing:
        raise Invalid(field, f"There is no alert {min(missing)}.")
    made = [Change.from_row(_as_event(row)) for row in rows]
    return [change for change in made if change is not None]


def _as_event(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return an alert as if it had become now what it is."""
    at = row["resolved_at"] if row["resolved_at"] is not None else row["last_seen_at"]
    return {**row, "event_id": row["alert_id"], "at": at, "kind": KINDS[AlertStatus(row["status"])], "username": None}
