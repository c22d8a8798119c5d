"""Gathers what a message is about: a notification's templates, the changes, and what templates see of the alerts."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from app.rules.response.notification_templates import templates_in
from app.rules.response.notifications import Change, Rule
from app.services.response.message_writer import Draft, seen_alert_ids
from app.store.response import notification_changes


def draft_of(connection: Connection, row: Mapping[Any, Any], changes: Sequence[Change]) -> Draft:
    """Return the draft of a message of the notification in `row`."""
    rule, templates = Rule.from_row(row), templates_in(row)
    # Annotations are long, and the built-in text does not use them.
    seen = seen_alert_ids(rule, changes) if templates else []
    return Draft(rule, row["name"], changes, templates, notification_changes.annotations_of(connection, seen))
