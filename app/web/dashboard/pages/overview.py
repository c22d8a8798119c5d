"""The overview: the state of the fleet and of nagare itself."""

from collections.abc import Sequence
from typing import Any

from app.enums import Role, ScoreCause, TaskState, TaskType
from app.errors import BrokerUnavailable
from app.store.database.pages import PageRequest
from app.web.context import Row, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.fragments import is_wanted
from app.web.dashboard.pages.welcome import welcome
from app.web.dashboard.task_subjects import with_subjects

THROUGHPUT_MINUTES = 60
LISTED = 6
COSTLY = 4
SAMPLES_A_DAY = 288


@dashboard.page("/", role=Role.VIEWER)
def overview() -> str:
    """Show score, alerts, queues, workers, throughput and dead letters."""
    monitors = services().inventory.monitors.list(PageRequest(500)).items
    names = {monitor["id"]: monitor["name"] for monitor in monitors}
    return render(
        "overview",
        score=services().alerts.scores.score(),
        costly=_costly() if is_wanted("costs") else [],
        scores=_scores(),
        throughput=services().ledger.tasks.throughput(THROUGHPUT_MINUTES),
        tasks=with_subjects(services().ledger.tasks.list(PageRequest(LISTED), is_part=False).items, names),
        letters=with_subjects(services().ledger.dead_letters.list(PageRequest(LISTED)).items, names),
        monitors=monitors,
        welcome=welcome(),
        **_queues(),
    )


def _costly() -> Sequence[Row]:
    """Return the hosts that lower the score most. It reads all alerts that count, so not each refresh asks for it."""
    causes: Sequence[Row] = services().alerts.score_causes.list(ScoreCause.HOST, COSTLY)["causes"]
    return causes


def _scores() -> list[list[int]]:
    """Return the times, in seconds, and values of the last day's scores."""
    samples = list(reversed(services().alerts.scores.history(PageRequest(SAMPLES_A_DAY)).items))
    return [[int(sample["at"].timestamp()) for sample in samples], [sample["score"] for sample in samples]]


def _queues() -> dict[str, Any]:
    """Return the queues and workers; the ledger's counts when Redis is unavailable."""
    paused = services().ledger.queues.paused()
    running = services().ledger.tasks.list(PageRequest(100), state=TaskState.RUNNING).items
    progress = {task["task_id"]: task for task in running}
    try:
        lengths, workers = services().ledger.queues.lengths(), services().ledger.queues.workers()
    except BrokerUnavailable:
        lengths, workers = services().ledger.queues.ledger_stats(), None
    queues = [{"type": type, "waiting": lengths.get(type, 0), "paused": type in paused} for type in TaskType]
    return {"queues": queues, "workers": workers, "progress": progress}
