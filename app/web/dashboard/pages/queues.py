"""Pause and resume queues."""

from flask import Response

from app.enums import Role, TaskType
from app.web.context import services
from app.web.dashboard.blueprint import dashboard
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import back

TYPE = f"<any({', '.join(TaskType)}):type>"


@dashboard.action(f"/queues/{TYPE}/pause", role=Role.OPERATOR)
def pause_queue(type: str) -> Response:
    """Pause a queue."""
    services().ledger.queues.pause(TaskType(type))
    return lead_to(back("/"), "flash.paused")


@dashboard.action(f"/queues/{TYPE}/resume", role=Role.OPERATOR)
def resume_queue(type: str) -> Response:
    """Resume a queue."""
    services().ledger.queues.resume(TaskType(type))
    return lead_to(back("/"), "flash.resumed")


@dashboard.action(f"/queues/{TYPE}/clear", role=Role.ADMIN)
def clear_queue(type: str) -> Response:
    """Cancel all waiting tasks of a type."""
    return lead_to(back("/"), "flash.cleared", count=services().ledger.tasks.cancel_waiting(TaskType(type)))
