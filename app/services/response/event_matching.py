"""Decides for each pending event which routes take it, and writes down what each of them decided."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AlertEventKind, DecisionOutcome, NotificationKind, RouteTarget
from app.rules.response import decision_reasons as reasons
from app.rules.response.decision_reasons import Reason, is_for_people
from app.rules.response.notifications import Change
from app.rules.response.routes import Route, Taken, Tree, decide, decide_all
from app.services.response.changes import read_changes
from app.services.response.pager import Pager
from app.store.alerts import quiet_reasons
from app.store.response import decisions, notification_changes, notifications

PAGED = (RouteTarget.ESCALATION, RouteTarget.TEAM)
Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The changes of some events, what each route takes, and what is known to be no news to it."""

    tree: Tree
    changes: Sequence[Change]
    taken: Sequence[Sequence[Taken]]
    hidden: Mapping[int, Reason]
    """By event, what suppresses its alert."""
    known: Collection[tuple[int, int]]
    """Routes to which an event is no news, with the event."""


class EventMatching:
    """Everything happens in the caller's transaction: a crash leaves the events pending."""

    def __init__(self, pager: Pager) -> None:
        self._pager = pager

    def match(self, connection: Connection, events: Sequence[Row]) -> None:
        """Write the decisions about pending events, hand them to whoever tells them, and settle the events."""
        rows = {row["id"]: row for row in notifications.enabled(connection)}
        verdict = _verdict(connection, Tree(map(Route.from_row, rows.values())), events)
        told = list(_told(verdict))
        pages = self._page(connection, rows, told)
        to_send = [
            {"notification_id": taken.route.id, "event_id": change.event_id}
            for change, taken in told
            if taken.route.target is RouteTarget.CHANNEL
        ]
        notification_changes.add(connection, to_send)
        decisions.add(connection, [*_endings(verdict), *_pending(told, pages)])
        notification_changes.settle_events(connection, [event["event_id"] for event in events])

    def publish(self) -> None:
        """Publish what was recorded for those who are paged. To be called after the commit."""
        self._pager.publish()

    def _page(
        self, connection: Connection, rows: Mapping[int, Row], told: Sequence[tuple[Change, Taken]]
    ) -> dict[tuple[int, int], int]:
        """Page people by each route that does, and return the pages by route and event."""
        by_route: dict[int, list[Change]] = {}
        for change, taken in told:
            if taken.route.target in PAGED:
                by_route.setdefault(taken.route.id, []).append(change)
        by_row = [(rows[route_id], changes) for route_id, changes in by_route.items()]
        return self._pager.page(connection, by_row) if by_row else {}


def _verdict(connection: Connection, tree: Tree, events: Sequence[Row]) -> Verdict:
    changes = read_changes(connection, events)
    returned = [event["event_id"] for event in events if event["kind"] == AlertEventKind.RETURNED]
    # A route never leaves out the alert of which it told while it was a witness.
    known = notification_changes.told_as_witnesses(connection, returned) if returned else set()
    return Verdict(tree, changes, decide_all(tree, changes), _hidden(connection, events, changes), known)


def _hidden(connection: Connection, events: Sequence[Row], changes: Sequence[Change]) -> dict[int, Reason]:
    before = {event["event_id"] for event in events if event["is_suppressed"]}
    hidden = {change.event_id: change.alert_id for change in changes if change.suppressed or change.event_id in before}
    if not hidden:
        return {}
    why = quiet_reasons.find(connection, sorted({*hidden.values()}), clock.now())
    return {event_id: why.get(alert_id, reasons.SUPPRESSED) for event_id, alert_id in hidden.items()}


def _told(verdict: Verdict) -> Iterator[tuple[Change, Taken]]:
    """Return which route tells people of which change."""
    for change, taken in zip(verdict.changes, verdict.taken, strict=True):
        if change.event_id not in verdict.hidden:
            for each in taken:
                if is_for_people(each) and (each.route.id, change.event_id) not in verdict.known:
                    yield change, each


def _pending(told: Sequence[tuple[Change, Taken]], pages: Mapping[tuple[int, int], int]) -> Iterator[dict[str, Any]]:
    for change, taken in told:
        page_id = pages.get((taken.route.id, change.event_id))
        if page_id is None and taken.route.target in PAGED:
            yield _ended(change, DecisionOutcome.DROPPED, reasons.NOBODY_PAGED, taken.route.id)
        else:
            yield _row(change, DecisionOutcome.PENDING, reasons.matched(taken), taken.route.id) | {"page_id": page_id}


def _endings(verdict: Verdict) -> Iterator[dict[str, Any]]:
    """Return the decisions that are the end already: what is suppressed, no news, or taken by nobody."""
    for change, taken in zip(verdict.changes, verdict.taken, strict=True):
        people = [each for each in taken if is_for_people(each)]
        is_news = change.kind is NotificationKind.FIRED
        if change.event_id in verdict.hidden:
            if is_news or people:
                yield _ended(change, DecisionOutcome.SUPPRESSED, verdict.hidden[change.event_id])
        elif people:
            for each in people:
                if (each.route.id, change.event_id) in verdict.known:
                    yield _ended(change, DecisionOutcome.DROPPED, reasons.told_already(each), each.route.id)
        elif change.stands_for_it is not None:
            if is_news or decide(verdict.tree, replace(change, stands_for_it=None)):
                reason = reasons.witness_of(change.stands_for_it.alert_id)
                yield _ended(change, DecisionOutcome.SUPPRESSED, reason)
        elif is_news:
            reason = reasons.ends_at_nobody(taken[0]) if taken else reasons.UNMATCHED
            yield _ended(change, DecisionOutcome.UNMATCHED, reason)


def _ended(change: Change, outcome: DecisionOutcome, reason: Reason, route_id: int | None = None) -> dict[str, Any]:
    return _row(change, outcome, reason, route_id) | {"settled_at": clock.now()}


def _row(change: Change, outcome: DecisionOutcome, reason: Reason, route_id: int | None) -> dict[str, Any]:
    about = {"event_id": change.event_id, "alert_id": change.alert_id, "at": clock.now(), "route_id": route_id}
    return {**about, "outcome": outcome, "reason": reason, "page_id": None, "settled_at": None}
