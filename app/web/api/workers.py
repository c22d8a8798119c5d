"""Workers."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope, WorkerOrder
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.schemas.pages import page_of
from app.web.schemas.workers import WorkerOrderSchema, WorkerSchema, WorkerStorySchema

workers = ApiBlueprint("workers", __name__, description="Worker processes that run tasks", writes=Scope.TASKS)

WORKER = "/workers/<worker_id:worker_id>"


@workers.operation("GET", "/workers", role=Role.VIEWER, answer=page_of(WorkerSchema))
def list_workers() -> Mapping[str, Any]:
    """List the live workers and the tasks that each runs."""
    return {"items": services().ledger.queues.workers(), "next_cursor": None}


@workers.operation("GET", WORKER, role=Role.VIEWER, answer=WorkerStorySchema, errors=(404,))
def get_worker(worker_id: str) -> Mapping[str, Any]:
    """Return a live worker with the tasks that it runs and those that failed on it last."""
    return services().ledger.queues.worker(worker_id)


@workers.operation("POST", WORKER + "/pause", role=Role.OPERATOR, answer=WorkerOrderSchema, errors=(404,))
def pause_worker(worker_id: str) -> Mapping[str, Any]:
    """Let a worker take no tasks until it is resumed or restarted. Those that it runs continue."""
    return services().ledger.queues.order(worker_id, WorkerOrder.PAUSE)


@workers.operation("POST", WORKER + "/resume", role=Role.OPERATOR, answer=WorkerOrderSchema, errors=(404,))
def resume_worker(worker_id: str) -> Mapping[str, Any]:
    """Let a paused worker take tasks again."""
    return services().ledger.queues.order(worker_id, WorkerOrder.RESUME)


@workers.operation("POST", WORKER + "/shutdown", role=Role.ADMIN, answer=WorkerOrderSchema, errors=(404,))
def shut_down_worker(worker_id: str) -> Mapping[str, Any]:
    """Shut a worker down: it hands back the tasks that it runs. Whatever supervises it starts a new one."""
    return services().ledger.queues.order(worker_id, WorkerOrder.SHUTDOWN)
