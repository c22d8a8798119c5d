"""Opens pages for what routes take, and lets alerts join the open ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Connection

from app import clock
from app.enums import AlertStatus, DeliveryKind, NotificationKind, PageState
from app.rules.paging.groups import group_key
from app.rules.paging.plans import Plan
from app.rules.paging.reasons import with_entry
from app.rules.paging.steps import Place, first_place
from app.rules.response.notifications import Change
from app.rules.response.plain_text import one_line
from app.rules.task_params.page import PageStep
from app.services.ledger.outbox import Outbox, new_task_id
from app.services.paging.page_plans import plan_for
from app.services.paging.page_steps import after_step
from app.services.paging.page_tasks import PageTasks, Recorded
from app.services.paging.recipients import Found, Recipient, Recipients
from app.store.database.engine import Database
from app.store.ledger import task_runs
from app.store.paging import page_deliveries, pages

log = structlog.get_logger()
UNENDED = (PageState.OPEN, PageState.ACKNOWLEDGED)
MAX_TITLE = 200

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts that fired and that one page of a route is about."""

    route: Row
    key: str
    changes: Sequence[Change]

    @property
    def place(self) -> tuple[int, str]:
        """The route and the key."""
        return self.route["id"], self.key

    @property
    def worst(self) -> Change:
        """The most severe change."""
        return max(self.changes, key=lambda change: change.severity)


class Pager:
    """Used between the events that are matched and the decisions that are written, by one thread of a process."""

    def __init__(self, database: Database, outbox: Outbox, recipients: Recipients) -> None:
        self._database = database
        self._outbox = outbox
        self._recipients = recipients
        self._recorded: Recorded = {}

    def page(self, connection: Connection, taken: Sequence[tuple[Row, Sequence[Change]]]) -> dict[tuple[int, int], int]:
        """Open pages for the changes that routes take, or let them join open ones; return the pages by route and event.

        A storm of alerts takes as many statements as one alert.
        """
        found_groups = [group for route, changes in taken for group in _groups(route, changes)]
        # In one order: two that open the same pages at once would deadlock.
        groups = {group.place: group for group in sorted(found_groups, key=lambda group: group.place)}
        page_ids = self._join(connection, groups) if groups else {}
        found = {
            (group.route["id"], change.event_id): page_ids[place]
            for place, group in groups.items()
            if place in page_ids
            for change in group.changes
        }
        return found | _known(connection, taken, found)

    def publish(self) -> None:
        """Publish the tasks that `page` recorded. To be called after the commit. Raises DatabaseUnavailable."""
        recorded, self._recorded = self._recorded, {}
        if recorded:
            # Those of a transaction that was rolled back are nowhere: their messages would become dead letters.
            with self._database.reading() as connection:
                found = {row["task_id"] for row in task_runs.find_many(connection, [*recorded])}
            self._outbox.publish({task_id: about for task_id, about in recorded.items() if task_id in found})

    def _join(self, connection: Connection, groups: Mapping[tuple[int, str], Group]) -> dict[tuple[int, str], int]:
        """Return the open pages of groups; a group that has none and needs none is left out."""
        tasks = PageTasks()
        joined = pages.lock_open(connection, groups.keys())
        new = [group for place, group in groups.items() if place not in joined]
        opened, is_late = _Opening(connection, self._recipients, tasks).open(new)
        if is_late:
            joined |= pages.lock_open(connection, is_late)
        self._extend(connection, tasks, [(row, groups[place]) for place, row in joined.items()])
        self._recorded |= tasks.record(connection, self._outbox)
        return {**{place: row["id"] for place, row in joined.items()}, **opened}

    def _extend(self, connection: Connection, tasks: PageTasks, joined: Sequence[tuple[Row, Group]]) -> None:
        """Let alerts join pages, and tell those who were told of them before."""
        if not joined:
            return
        now, of_id = clock.now(), {page["id"]: page for page, _ in joined}
        for page, group in joined:
            if group.worst.severity > page["severity"]:
                worse = {"severity": int(group.worst.severity), "title": _title(group.worst)}
                pages.change(connection, page["id"], worse)
        waiting = {(row["page_id"], row["channel_id"]) for row in page_deliveries.waiting_of(connection, of_id)}
        for row in page_deliveries.told_channels(connection, of_id):
            if (row["page_id"], row["channel_id"]) not in waiting:
                tasks.add_message(of_id[row["page_id"]], DeliveryKind.UPDATE, Recipient.told_before(row, now))


class _Opening:
    """Opens pages at one moment. A first step that is due at once is taken in the same transaction.

    A task for it would wait for a worker that has the first steps of a whole storm before it.
    """

    def __init__(self, connection: Connection, recipients: Recipients, tasks: PageTasks) -> None:
        self._connection = connection
        self._recipients = recipients
        self._tasks = tasks
        self._now = clock.now()
        self._plans: dict[Any, Plan | None] = {}
        self._found: dict[Any, Found | None] = {}

    def open(self, groups: Sequence[Group]) -> tuple[dict[tuple[int, str], int], set[tuple[int, str]]]:
        """Return the pages that were opened, and the groups that have an open page by now."""
        made = [made for group in groups if (made := self._made(group)) is not None]
        if not made:
            return {}, set()
        ids = pages.add(self._connection, [row for row, _, _ in made])
        late = set()
        for row, place, found in made:
            group = (row["route_id"], row["group_key"])
            if group not in ids:
                late.add(group)
                continue
            self._tasks.add_step(row["step_task_id"], ids[group], place)
            at_first_step = {"id": ids[group], "round": 0, "step": 0}
            for to in found.recipients if found else ():
                self._tasks.add_message(at_first_step, DeliveryKind.PAGE, to)
        return ids, late

    def _made(self, group: Group) -> tuple[dict[str, Any], Place, Found | None] | None:
        """Return the row of a group's page, its next place, and whom its first step reached; None without a page."""
        active = [change for change in group.changes if change.status is AlertStatus.ACTIVE]
        plan = self._plan_of(group.route) if active else None
        if plan is None:
            return None
        route, worst = group.route, max(active, key=lambda change: change.severity)
        row = {
            **{"route_id": route["id"], "route_name": route["name"], "escalation_id": route["escalation_id"]},
            **{"plan": plan.dump(), "group_key": group.key, "title": _title(worst), "severity": int(worst.severity)},
            **{"state": PageState.OPEN, "round": 0, "step": 0, "opened_at": self._now},
            "history": with_entry([], self._now, "opened", route=route["name"], plan=plan.name),
            "step_task_id": new_task_id(PageStep.type),
        }
        place, found = first_place(plan, self._now), None
        if place.at <= self._now:
            found = self._reached(plan, row["severity"])
        if found is not None:
            is_reached = bool(found.recipients)
            place, row["history"] = after_step(row, plan, found, self._now, is_round_reached=is_reached)
        return {**row, "round": place.round, "step": place.step}, place, found

    def _plan_of(self, route: Row) -> Plan | None:
        key = (route["target"], route["escalation_id"], route["team_id"])
        if key not in self._plans:
            self._plans[key] = plan_for(self._connection, route, self._now)
        return self._plans[key]

    def _reached(self, plan: Plan, severity: int) -> Found | None:
        """Return whom the first step reaches; None if that cannot be said, which its task then has to find out."""
        key = (plan.steps[0].targets, severity)
        if key not in self._found:
            try:
                self._found[key] = self._recipients.find(self._connection, key[0], severity, self._now)
            except (ArithmeticError, LookupError, TypeError, ValueError):
                # One rota that cannot be read must not keep all other alerts from their pages.
                log.exception("page.step_left_to_a_task", plan=plan.name)
                self._found[key] = None
        return self._found[key]


def _groups(route: Row, changes: Sequence[Change]) -> Iterator[Group]:
    by_key: dict[str, list[Change]] = {}
    for change in changes:
        if change.kind is NotificationKind.FIRED:
            by_key.setdefault(group_key(route["group_by"] or (), change), []).append(change)
    return (Group(route, key, fired) for key, fired in by_key.items())


def _known(
    connection: Connection, taken: Sequence[tuple[Row, Sequence[Change]]], found: Mapping[tuple[int, int], int]
) -> dict[tuple[int, int], int]:
    """Return the pages of which the alerts of the other changes are already, by route and event.

    What fires belongs to no page that has ended.
    """
    rest = [
        (route["id"], change)
        for route, changes in taken
        for change in changes
        if (route["id"], change.event_id) not in found
    ]
    if not rest:
        return {}
    of_alert: dict[tuple[int, int], int] = {}
    unended: dict[tuple[int, int], int] = {}
    routes, alert_ids = {route_id for route_id, _ in rest}, {change.alert_id for _, change in rest}
    for row in pages.of_alerts(connection, routes, alert_ids):
        of_alert[row["route_id"], row["alert_id"]] = row["page_id"]
        if row["state"] in UNENDED:
            unended[row["route_id"], row["alert_id"]] = row["page_id"]
    for route, changes in taken:
        for change in changes:
            if (page_id := found.get((route["id"], change.event_id))) is not None:
                of_alert[route["id"], change.alert_id] = page_id
    pages_of = {
        (route_id, change.event_id): (unended if change.kind is NotificationKind.FIRED else of_alert).get(
            (route_id, change.alert_id)
        )
        for route_id, change in rest
    }
    return {event: page_id for event, page_id in pages_of.items() if page_id is not None}


def _title(change: Change) -> str:
    name = f"{change.host_name}: {change.message}" if change.host_name else change.message
    return one_line(name, MAX_TITLE)
