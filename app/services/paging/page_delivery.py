"""Sends the messages of pages: the work of a task of type `send_page`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from app import clock
from app.channels.outgoing import Outgoing
from app.channels.sender import Delivery, Outcome
from app.enums import DeliveryGuarantee, DeliveryKind, DeliveryState, PageState
from app.errors import NotificationFailed, NotificationUncertain
from app.rules.paging.decisions import TOLD
from app.rules.paging.reasons import ended, page_reason
from app.services.ledger.outbox import Outbox
from app.services.paging.page_claims import PageClaims
from app.services.paging.page_failures import PageFailures
from app.services.paging.page_tasks import PageTasks, Recorded
from app.services.paging.page_turns import PageTurns
from app.services.paging.recipients import Recipient
from app.store.database.engine import Database
from app.store.paging import page_decisions, page_deliveries, pages

log = structlog.get_logger()

Row = Mapping[Any, Any]
RecordOutcome = Callable[[Connection, int, Delivery, datetime], None]
"""Notes whether a channel works."""


class Sends(Protocol):
    """Sends a message to a channel."""

    def send(self, outgoing: Outgoing) -> Delivery:
        """Send a message once."""


class PageDelivery:
    """Sends each message at least once, or at most once where a channel wants that.

    The first transaction notes that a message is being sent, the second what became of it. An attempt that dies in
    between is known by that: the next one sends the same message again, marked, with the same key.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        sender: Sends,
        claims: PageClaims,
        failures: PageFailures,
        turns: PageTurns,
        record_outcome: RecordOutcome,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._sender = sender
        self._claims = claims
        self._failures = failures
        self._turns = turns
        self._record_outcome = record_outcome

    def send(self, task_id: str, delivery_id: int) -> dict[str, Any]:
        """Send a delivery, with all others that are due at its channel, in one message.

        Raises NotificationFailed if the receiver did not accept it, or may not have and wants repeats;
        NotificationUncertain if it may not have and wants none; DatabaseUnavailable.
        """
        with self._database.transaction() as connection:
            claimed = self._claims.claim(connection, task_id, delivery_id)
        self._outbox.publish(claimed.recorded)
        if claimed.is_uncertain:
            raise NotificationUncertain("it is unknown whether the message arrived: sending was interrupted")
        if claimed.outgoing is None:
            return {"sent": 0}
        delivery = self._sender.send(claimed.outgoing)
        return self._record(task_id, claimed.channel_id, delivery)

    def _record(self, task_id: str, channel_id: int, delivery: Delivery) -> dict[str, Any]:
        recorded: Recorded = {}
        with self._database.transaction() as connection:
            channel = page_deliveries.lock_channel(connection, channel_id)
            rows = page_deliveries.being_sent_by(connection, task_id)
            found = {page["id"]: page for page in pages.lock_all(connection, [row["page_id"] for row in rows])}
            is_repeated = channel is None or channel["delivery"] == DeliveryGuarantee.AT_LEAST_ONCE
            if delivery.outcome is not Outcome.SENT:
                for row in rows:
                    recorded |= self._settle(connection, row, delivery, is_repeated=is_repeated)
            elif rows:
                recorded = self._tell(connection, found, rows, delivery)
            if channel is not None:
                self._record_outcome(connection, channel_id, delivery, clock.now())
        self._outbox.publish(recorded)
        _raise_if_not_sent(delivery, is_repeated=is_repeated)
        return {"sent": 1, "deliveries": len(rows)}

    def _settle(self, connection: Connection, row: Row, delivery: Delivery, *, is_repeated: bool) -> Recorded:
        if delivery.outcome is Outcome.UNCERTAIN and not is_repeated:
            return self._failures.end(connection, row, "unanswered", delivery.reason, DeliveryState.UNCERTAIN)
        code = "unanswered" if delivery.outcome is Outcome.UNCERTAIN else "refused"
        values: dict[str, Any] = {"reason": ended(row["reason"], code, delivery.reason)}
        # Where an earlier attempt may have arrived, the next one too must be the same message, with its mark.
        if delivery.outcome is Outcome.FAILED and not row["repeats"]:
            # It waits again, so that whatever is sent to the channel next tells it too.
            values |= {"state": DeliveryState.WAITING, "sending_at": None, "up_to_decision": None}
        page_deliveries.change(connection, [row["id"]], values)
        return {}

    def _tell(
        self, connection: Connection, found: Mapping[int, Row], rows: Sequence[Row], delivery: Delivery
    ) -> Recorded:
        now = clock.now()
        sent = {"state": DeliveryState.SENT, "ended_at": now, "receipt": delivery.receipt}
        page_deliveries.change_each(
            connection, {row["id"]: {**sent, "reason": ended(row["reason"], "sent")} for row in rows}
        )
        up_to = {row["page_id"]: row["up_to_decision"] for row in rows if row["up_to_decision"] is not None}
        if up_to:
            reasons = {page_id: page_reason(TOLD.code, found[page_id]) for page_id in up_to}
            page_decisions.tell(connection, up_to, reasons, now)
        recorded = self._tell_the_rest(connection, found, rows, now)
        for row in rows:
            page = found[row["page_id"]]
            if page["state"] != PageState.OPEN:
                # It was answered while the message was on its way.
                recorded |= self._turns.tell(connection, page, page["acknowledged_by"])
        return recorded

    def _tell_the_rest(
        self, connection: Connection, found: Mapping[int, Row], rows: Sequence[Row], now: datetime
    ) -> Recorded:
        """Tell of alerts that joined open pages while their message was on its way."""
        untold = page_decisions.untold(
            connection, [id_ for id_, page in found.items() if page["state"] == PageState.OPEN]
        )
        soon = {(row["page_id"], row["channel_id"]) for row in page_deliveries.waiting_of(connection, untold)}
        tasks = PageTasks()
        for row in rows:
            place = (row["page_id"], row["channel_id"])
            if row["page_id"] in untold and row["channel_id"] is not None and place not in soon:
                soon.add(place)
                tasks.add_message(found[row["page_id"]], DeliveryKind.UPDATE, Recipient.told_before(row, now))
        return tasks.record(connection, self._outbox)


def _raise_if_not_sent(delivery: Delivery, *, is_repeated: bool) -> None:
    if delivery.outcome is Outcome.FAILED:
        raise NotificationFailed(f"the message was not sent: {delivery.reason}", retry_after_s=delivery.retry_after_s)
    if delivery.outcome is Outcome.UNCERTAIN:
        reason = f"it is unknown whether the message arrived: {delivery.reason}"
        raise NotificationFailed(reason) if is_repeated else NotificationUncertain(reason)
