"""Queues."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from app.enums import Role, Scope, TaskType
from app.errors import BrokerUnavailable
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.problems import known
from app.web.schemas.queues import ClearedSchema, QueueSchema, QueueStatsSchema

queue = ApiBlueprint("queue", __name__, description="Queues: one for each task type", writes=Scope.TASKS)

TYPE = f"<any({', '.join(TaskType)}):type>"


@queue.operation("GET", "/queue/stats", role=Role.VIEWER, answer=QueueStatsSchema)
def queue_stats() -> Mapping[str, int] | Response:
    """Count the waiting tasks of each type, and the dead letters.

    When Redis is unavailable, the response is a 503 whose `known` member has the ledger's counts.
    """
    try:
        return services().ledger.queues.stats()
    except BrokerUnavailable as error:
        return known(error, services().ledger.queues.ledger_stats())


@queue.operation("POST", f"/queue/{TYPE}/pause", role=Role.OPERATOR, answer=QueueSchema, errors=(404,))
def pause_queue(type: str) -> Mapping[str, Any]:
    """Pause a queue: workers take no tasks from it. New tasks are still accepted."""
    return services().ledger.queues.pause(TaskType(type))


@queue.operation("POST", f"/queue/{TYPE}/resume", role=Role.OPERATOR, answer=QueueSchema, errors=(404,))
def resume_queue(type: str) -> Mapping[str, Any]:
    """Resume a paused queue."""
    return services().ledger.queues.resume(TaskType(type))


@queue.operation("POST", f"/queue/{TYPE}/clear", role=Role.ADMIN, answer=ClearedSchema, errors=(404,))
def clear_queue(type: str) -> Mapping[str, int]:
    """Cancel all waiting tasks of a type, whether queued or retrying. Running tasks are not affected."""
    return {"cancelled": services().ledger.tasks.cancel_waiting(TaskType(type))}
