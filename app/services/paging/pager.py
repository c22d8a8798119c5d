"""Opens pages for what routes take, and lets alerts join the open ones."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AlertStatus, DeliveryKind, NotificationKind, PageState
from app.rules.paging.groups import group_key
from app.rules.paging.plans import Plan
from app.rules.paging.reasons import with_entry
from app.rules.paging.steps import first_place
from app.rules.response.notifications import Change
from app.rules.response.plain_text import one_line
from app.services.ledger.outbox import Outbox
from app.services.paging.page_plans import plan_for
from app.services.paging.page_tasks import Recorded, add_delivery, go_to
from app.services.paging.recipients import Recipient
from app.store.database.engine import Database
from app.store.ledger import task_runs
from app.store.paging import page_deliveries, pages

UNENDED = (PageState.OPEN, PageState.ACKNOWLEDGED)
MAX_TITLE = 200

Row = Mapping[Any, Any]


class Pager:
    """Used by the leader only, between the events that it matches and the decisions that it writes."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox
        self._recorded: Recorded = {}

    def page(self, connection: Connection, route: Row, changes: Sequence[Change]) -> dict[int, int]:
        """Open a page for these changes, or let them join one; return the pages by the events' ids."""
        fired = [change for change in changes if change.kind is NotificationKind.FIRED]
        groups: dict[str, list[Change]] = {}
        for change in fired:
            groups.setdefault(group_key(route["group_by"] or (), change), []).append(change)
        found: dict[int, int] = {}
        # In the order of their keys: two leaders that lock pages in different orders would deadlock.
        for key in sorted(groups):
            page_id = self._join(connection, route, key, groups[key])
            if page_id is not None:
                found |= dict.fromkeys((change.event_id for change in groups[key]), page_id)
        return found | _known(
            connection, route, [change for change in changes if change.event_id not in found], found, fired
        )

    def publish(self) -> None:
        """Publish the tasks that `page` recorded. To be called after the commit. Raises DatabaseUnavailable."""
        recorded, self._recorded = self._recorded, {}
        if recorded:
            # Those of a transaction that was rolled back are nowhere: their messages would become dead letters.
            with self._database.reading() as connection:
                found = {row["task_id"] for row in task_runs.find_many(connection, [*recorded])}
            self._outbox.publish({task_id: about for task_id, about in recorded.items() if task_id in found})

    def _join(self, connection: Connection, route: Row, key: str, changes: Sequence[Change]) -> int | None:
        """Return the open page of a group; None if it has none and needs none."""
        page = pages.lock_open(connection, route["id"], key)
        if page is None:
            active = [change for change in changes if change.status is AlertStatus.ACTIVE]
            plan = plan_for(connection, route, clock.now()) if active else None
            page_id = self._open(connection, route, key, active, plan) if plan is not None else None
            if page_id is not None or plan is None:
                return page_id
            page = pages.lock_open(connection, route["id"], key)
            if page is None:
                return None
        self._extend(connection, page, changes)
        return int(page["id"])

    def _open(self, connection: Connection, route: Row, key: str, changes: Sequence[Change], plan: Plan) -> int | None:
        now = clock.now()
        worst = max(changes, key=lambda change: change.severity)
        row = {
            **{"route_id": route["id"], "route_name": route["name"], "escalation_id": route["escalation_id"]},
            **{"plan": plan.dump(), "group_key": key, "title": _title(worst), "severity": int(worst.severity)},
            **{"state": PageState.OPEN, "round": 0, "step": 0, "opened_at": now},
            "history": with_entry([], now, "opened", route=route["name"], plan=plan.name),
        }
        page_id = pages.add(connection, row)
        if page_id is not None:
            self._recorded |= go_to(connection, self._outbox, page_id, first_place(plan, now))
        return page_id

    def _extend(self, connection: Connection, page: Row, changes: Sequence[Change]) -> None:
        """Let alerts join a page, and tell those who were told of it before."""
        worst = max(changes, key=lambda change: change.severity)
        if worst.severity > page["severity"]:
            pages.change(connection, page["id"], {"severity": int(worst.severity), "title": _title(worst)})
        waiting = {row["channel_id"] for row in page_deliveries.waiting_of(connection, page["id"])}
        for row in page_deliveries.told_channels(connection, page["id"]):
            if row["channel_id"] not in waiting:
                self._recorded |= self._update(connection, page, row, clock.now())

    def _update(self, connection: Connection, page: Row, told: Row, now: datetime) -> Recorded:
        to = Recipient(told["channel_id"], told["channel_name"], now, told["user_id"], told["username"])
        return add_delivery(connection, self._outbox, page, DeliveryKind.UPDATE, to)


def _known(
    connection: Connection, route: Row, changes: Sequence[Change], found: Mapping[int, int], fired: Sequence[Change]
) -> dict[int, int]:
    """Return the pages of which the alerts of these changes are already, by the events' ids.

    What fires belongs to no page that has ended.
    """
    if not changes:
        return {}
    of_alert: dict[int, int] = {}
    unended: dict[int, int] = {}
    for row in pages.of_alerts(connection, route["id"], sorted({change.alert_id for change in changes})):
        of_alert[row["alert_id"]] = row["page_id"]
        if row["state"] in UNENDED:
            unended[row["alert_id"]] = row["page_id"]
    joined = {change.alert_id: found[change.event_id] for change in fired if change.event_id in found}
    pages_of = {
        change.event_id: (unended if change.kind is NotificationKind.FIRED else of_alert | joined).get(change.alert_id)
        for change in changes
    }
    return {event_id: page_id for event_id, page_id in pages_of.items() if page_id is not None}


def _title(change: Change) -> str:
    name = f"{change.host_name}: {change.message}" if change.host_name else change.message
    return one_line(name, MAX_TITLE)
