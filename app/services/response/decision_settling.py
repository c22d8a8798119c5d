"""Ends the decisions whose message is over without having told anybody; the leader runs it when there are any."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from app import clock
from app.enums import DecisionOutcome, TaskState
from app.rules.response import decision_reasons as reasons
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.response import decisions

log = structlog.get_logger()
BATCH_SIZE = 1000
LOOK_EVERY_S = 60.0
MIN_AGE = timedelta(minutes=1)

Row = Mapping[Any, Any]


class DecisionSettling:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looking = Interval(LOOK_EVERY_S)

    def tick(self) -> None:
        """Settle the decisions whose task ended: as told if its message was sent, otherwise with the reason."""
        is_more = True
        while is_more:
            with self._database.transaction() as connection:
                rows = decisions.ended(connection, BATCH_SIZE)
                by_message: dict[str, list[Row]] = {}
                for row in rows:
                    by_message.setdefault(row["task_id"], []).append(row)
                for of_message in by_message.values():
                    _settle(connection, [row["id"] for row in of_message], of_message[0])
            if rows:
                log.info("decisions.settled", count=len(rows), messages=len(by_message))
            is_more = len(rows) >= BATCH_SIZE

    def look(self) -> None:
        """Find, each minute, decisions that a process of the previous release told or dropped, or lost their route."""
        if not self._looking.is_over():
            return
        with self._database.transaction() as connection:
            rows = decisions.adrift(connection, clock.now() - MIN_AGE, BATCH_SIZE)
            for row in rows:
                if row["task_id"] is not None:
                    decisions.change(connection, [row["id"]], {"task_id": row["task_id"]})
                else:
                    reason = reasons.ROUTE_DELETED if row["route_id"] is None else reasons.ROUTE_CHANGED
                    _end(connection, [row["id"]], DecisionOutcome.DROPPED, reason)


def _settle(connection: Connection, decision_ids: list[int], row: Row) -> None:
    if row["sent_at"] is not None:
        values = {"outcome": DecisionOutcome.TOLD, "settled_at": row["sent_at"]}
        decisions.change(connection, decision_ids, values)
    elif row["state"] == TaskState.SUCCEEDED:
        _end(connection, decision_ids, DecisionOutcome.DROPPED, reasons.ROUTE_CHANGED)
    else:
        reason = reasons.undeliverable(row["state"], row["reason"], row["error"])
        _end(connection, decision_ids, DecisionOutcome.UNDELIVERABLE, reason)


def _end(connection: Connection, decision_ids: list[int], outcome: DecisionOutcome, reason: reasons.Reason) -> None:
    decisions.change(connection, decision_ids, {"outcome": outcome, "reason": reason, "settled_at": clock.now()})
