"""Chooses what one message to a channel tells, and notes that it is being sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.channels.outgoing import Outgoing
from app.enums import ChannelKind, DeliveryGuarantee, DeliveryKind, DeliveryState
from app.rules.paging.batches import is_wanted, message_key, resting_until
from app.rules.paging.reasons import ended
from app.services.ledger.outbox import Outbox
from app.services.paging.page_failures import PageFailures
from app.services.paging.page_messages import PageMessages
from app.services.paging.page_tasks import Recorded, send_again
from app.store.database.vault import Vault
from app.store.paging import chat_channels, page_decisions, page_deliveries, pages

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a task does about a message: a message to send, one to give up, or neither; and tasks to publish."""

    recorded: Recorded
    channel_id: int = 0
    outgoing: Outgoing | None = None
    is_uncertain: bool = False
    """Whether an earlier attempt was interrupted, and the channel wants no repeats."""


class PageClaims:
    """`claim` is one transaction of its caller: after it commits, an interrupted message is known as such."""

    def __init__(self, outbox: Outbox, vault: Vault, messages: PageMessages, failures: PageFailures) -> None:
        self._outbox = outbox
        self._vault = vault
        self._messages = messages
        self._failures = failures

    def claim(self, connection: Connection, task_id: str, delivery_id: int) -> Claimed:
        """Claim a delivery with all others that are due at its channel, or what the task's last attempt began."""
        waiting = page_deliveries.waiting_for(connection, task_id)
        # The one that it was made for may be over already, while others wait for the same task.
        delivery = waiting[0] if waiting else page_deliveries.find(connection, delivery_id)
        if delivery is None:
            return Claimed({})
        channel = self._lock_channel(connection, delivery)
        begun = page_deliveries.being_sent_by(connection, task_id)
        if channel is None or not channel["enabled"]:
            return Claimed(self._give_up(connection, [*begun, *(waiting or [delivery])], channel))
        if begun:
            return self._repeat(connection, channel, begun)
        if delivery["state"] != DeliveryState.WAITING:
            return Claimed({})
        now = clock.now()
        last_sent_at = page_deliveries.last_sent_at(connection, channel["id"])
        later = resting_until(last_sent_at, now) or max(now, delivery["due_at"])
        if later > now:
            return Claimed(self._postpone(connection, waiting or [delivery], later, now))
        return self._claim_due(connection, task_id, channel, now)

    def _lock_channel(self, connection: Connection, delivery: Row) -> Row | None:
        channel_id = delivery["channel_id"]
        return None if channel_id is None else page_deliveries.lock_channel(connection, channel_id)

    def _give_up(self, connection: Connection, deliveries: Sequence[Row], channel: Row | None) -> Recorded:
        """End messages to a channel that was removed or disabled while they waited."""
        code = "channel_gone" if channel is None else "channel_disabled"
        recorded: Recorded = {}
        pages.lock_all(connection, [row["page_id"] for row in deliveries])
        for row in deliveries:
            recorded |= self._failures.end(connection, row, code)
        return recorded

    def _repeat(self, connection: Connection, channel: Row, begun: Sequence[Row]) -> Claimed:
        """Send what an earlier attempt may have sent again, the same and marked; or give it up."""
        if channel["delivery"] == DeliveryGuarantee.AT_MOST_ONCE:
            pages.lock_all(connection, [row["page_id"] for row in begun])
            recorded: Recorded = {}
            for row in begun:
                recorded |= self._failures.end(connection, row, "interrupted", state=DeliveryState.UNCERTAIN)
            return Claimed(recorded, channel["id"], is_uncertain=True)
        for row in begun:
            again = {"repeats": row["repeats"] + 1, "sending_at": clock.now()}
            page_deliveries.change(connection, [row["id"]], again)
        return self._outgoing(connection, {}, channel, begun, is_repeat=True)

    def _postpone(self, connection: Connection, waiting: Sequence[Row], later: datetime, now: datetime) -> Recorded:
        """Let a task send deliveries later: one that sends others to the channel by then, if there is one."""
        other = page_deliveries.waiting_task_at(connection, waiting[0]["channel_id"], now)
        delivery_ids = [row["id"] for row in waiting]
        if other is None or other["due_at"] > later:
            return send_again(connection, self._outbox, delivery_ids, later)
        joined = {"task_id": other["task_id"], "due_at": other["due_at"]}
        page_deliveries.change(connection, delivery_ids, joined)
        return {}

    def _claim_due(self, connection: Connection, task_id: str, channel: Row, now: datetime) -> Claimed:
        due = page_deliveries.due_at(connection, channel["id"], now)
        states = {page["id"]: page["state"] for page in pages.lock_all(connection, [row["page_id"] for row in due])}
        recorded: Recorded = {}
        claimed: list[Row] = []
        row: Row
        for row in due:
            code = _why_not(row, states[row["page_id"]])
            if code == UNWANTED:
                _skip(connection, row, states[row["page_id"]], now)
            elif code is not None:
                recorded |= self._failures.end(connection, row, code)
            else:
                claimed.append(row)
        if not claimed:
            return Claimed(recorded)
        newest = page_decisions.newest(connection, {row["page_id"] for row in claimed})
        begun = {"state": DeliveryState.SENDING, "sending_at": now, "task_id": task_id}
        changes = {row["id"]: {**begun, "up_to_decision": newest.get(row["page_id"])} for row in claimed}
        page_deliveries.change_each(connection, changes)
        claimed = [{**row, **changes[row["id"]]} for row in claimed]
        return self._outgoing(connection, recorded, channel, claimed, is_repeat=False)

    def _outgoing(
        self, connection: Connection, recorded: Recorded, channel: Row, rows: Sequence[Row], *, is_repeat: bool
    ) -> Claimed:
        message = self._messages.write(connection, channel, rows, is_repeat=is_repeat)
        address = self._vault.open(channel["url_sealed"]) or ""
        kind, outdated = ChannelKind(channel["kind"]), _outdated(connection, channel, rows)
        outgoing = Outgoing(kind, address, message, message_key(rows), is_repeat, outdated)
        return Claimed(recorded, channel["id"], outgoing)


UNWANTED = "unwanted"
ANSWERS = (DeliveryKind.ACKNOWLEDGED, DeliveryKind.RESOLVED)


def _outdated(connection: Connection, channel: Row, rows: Sequence[Row]) -> Sequence[Mapping[str, Any]]:
    """Return the receipts of messages that lose their buttons: those of pages that were answered."""
    if channel["kind"] == ChannelKind.APPRISE or any(row["kind"] not in ANSWERS for row in rows):
        return ()
    return chat_channels.receipts_of(connection, channel["id"], {row["page_id"] for row in rows})


def _why_not(row: Row, page_state: str) -> str | None:
    """Return why a delivery is not sent; None if it is."""
    if not is_wanted(row["kind"], page_state):
        return UNWANTED
    if row["user_id"] is None or row["enabled"]:
        return None
    return "user_gone" if row["enabled"] is None else "user_disabled"


def _skip(connection: Connection, row: Row, page_state: str, now: datetime) -> None:
    reason = ended(row["reason"], f"page_{page_state}")
    values = {"state": DeliveryState.SKIPPED, "ended_at": now, "reason": reason}
    page_deliveries.change(connection, [row["id"]], values)
