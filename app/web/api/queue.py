"""Queues."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from app.enums import Role, Scope, TaskType
from app.errors import BrokerUnavailable
from app.web.context import services
from app.web.operations import ApiBlueprint
from app.web.problems import known
from app.web.schemas.queue import ClearedSchema, QueueSchema, QueueStatsSchema

queue = ApiBlueprint("queue", __name__, description="How many tasks wait, by type", writes=Scope.TASKS)

TYPE = f"<any({', '.join(TaskType)}):type>"


@queue.operation("GET", "/queue/stats", role=Role.VIEWER, answer=QueueStatsSchema)
def queue_stats() -> Mapping[str, int] | Response:
    """Count the waiting tasks of each type, and the dead.

    Without Redis the answer is a 503 that tells under `known` what the ledger knows.
    """
    try:
        return services().ledger.queues.stats()
    except BrokerUnavailable as error:
        return known(error, services().ledger.queues.ledger_stats())


@queue.operation("POST", f"/queue/{TYPE}/pause", role=Role.OPERATOR, answer=QueueSchema, errors=(404,))
def pause_queue(type: str) -> Mapping[str, Any]:
    """Stop the workers from taking tasks of a type; the queue still accepts."""
    return services().ledger.queues.pause(TaskType(type))


@queue.operation("POST", f"/queue/{TYPE}/resume", role=Role.OPERATOR, answer=QueueSchema, errors=(404,))
def resume_queue(type: str) -> Mapping[str, Any]:
    """Let the workers take tasks of a type again."""
    return services().ledger.queues.resume(TaskType(type))


@queue.operation("POST", f"/queue/{TYPE}/clear", role=Role.ADMIN, answer=ClearedSchema, errors=(404,))
def clear_queue(type: str) -> Mapping[str, int]:
    """Cancel all tasks of a type that wait, queued or for a retry; those that run go on."""
    return {"cancelled": services().ledger.tasks.cancel_waiting(TaskType(type))}
