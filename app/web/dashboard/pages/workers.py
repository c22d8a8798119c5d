"""Workers: what each runs and since when, what failed on it; pause it, shut it down."""

from flask import Response

from app.enums import Role, WorkerOrder
from app.errors import BrokerUnavailable
from app.store.database.pages import PageRequest
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.task_subjects import with_subjects

WORKERS = "/workers"
WORKER = WORKERS + "/<worker_id:worker_id>"
RUNNING_SHOWN = 100


@dashboard.page(WORKERS, role=Role.VIEWER)
def workers() -> str:
    """List the live workers; nobody knows them while Redis is unavailable."""
    try:
        found = services().ledger.queues.workers()
    except BrokerUnavailable:
        found = None
    return render("workers", workers=found)


@dashboard.page(WORKER, role=Role.VIEWER)
def worker(worker_id: str) -> str:
    """Show one worker."""
    try:
        found = services().ledger.queues.worker(worker_id)
    except BrokerUnavailable:
        return render("workers", workers=None)
    monitors = monitor_names()
    ids = {task["task_id"] for task in found["tasks"]}
    running = services().ledger.tasks.list(PageRequest(RUNNING_SHOWN), state="running").items
    return render(
        "worker",
        worker=found,
        tasks=with_subjects([task for task in running if task["task_id"] in ids], monitors),
        failures=with_subjects(found["failures"], monitors),
    )


@dashboard.action(WORKER + "/pause", role=Role.OPERATOR)
def pause_worker(worker_id: str) -> Response:
    """Let a worker take no tasks."""
    services().ledger.queues.order(worker_id, WorkerOrder.PAUSE)
    return lead_to(f"{WORKERS}/{worker_id}", "flash.worker_paused")


@dashboard.action(WORKER + "/resume", role=Role.OPERATOR)
def resume_worker(worker_id: str) -> Response:
    """Let a worker take tasks again."""
    services().ledger.queues.order(worker_id, WorkerOrder.RESUME)
    return lead_to(f"{WORKERS}/{worker_id}", "flash.worker_resumed")


@dashboard.action(WORKER + "/shutdown", role=Role.ADMIN)
def shut_down_worker(worker_id: str) -> Response:
    """Shut a worker down."""
    services().ledger.queues.order(worker_id, WorkerOrder.SHUTDOWN)
    return lead_to(WORKERS, "flash.worker_shut_down")
