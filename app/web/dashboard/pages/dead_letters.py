"""Dead letters: list, show, retry, discard; one, or all that match."""

from flask import Response

from app.enums import Role, TaskType
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query
from app.web.dashboard.pages.monitors import monitor_names
from app.web.schemas.dead_letters import DeadLetterFilterSchema, DeadLetterQuerySchema

LETTERS = "/dead-letters"
LETTER = LETTERS + "/<task_id:task_id>"


@dashboard.page(LETTERS, role=Role.VIEWER)
def dead_letters() -> str:
    """List the dead letters, newest first."""
    query = read_query(DeadLetterQuerySchema)
    page = services().ledger.dead_letters.list(**query)
    return render("dead_letters", page=page, filters=filters_of(query), monitors=monitor_names(), types=list(TaskType))


@dashboard.page(LETTER, role=Role.VIEWER)
def dead_letter(task_id: str) -> str:
    """Show one dead letter with its traceback."""
    return render("dead_letter", letter=services().ledger.dead_letters.get(task_id), monitors=monitor_names())


@dashboard.action(LETTER + "/retry", role=Role.OPERATOR)
def retry_dead_letter(task_id: str) -> Response:
    """Retry a dead task."""
    services().ledger.dead_letters.retry(task_id)
    return lead_to(f"/tasks/{task_id}", "flash.retried_one")


@dashboard.action(LETTER + "/discard", role=Role.ADMIN)
def discard_dead_letter(task_id: str) -> Response:
    """Discard a dead letter."""
    services().ledger.dead_letters.discard(task_id)
    return lead_to(LETTERS, "flash.discarded", count=1)


@dashboard.action(LETTERS + "/retry", role=Role.OPERATOR)
def retry_dead_letters() -> Response:
    """Retry all dead tasks that match the list's filters."""
    count = services().ledger.dead_letters.retry_many(**read_form(DeadLetterFilterSchema))
    return lead_to(LETTERS, "flash.retried", count=count)


@dashboard.action(LETTERS + "/discard", role=Role.ADMIN)
def discard_dead_letters() -> Response:
    """Discard all dead letters that match the list's filters."""
    count = services().ledger.dead_letters.discard_many(**read_form(DeadLetterFilterSchema))
    return lead_to(LETTERS, "flash.discarded", count=count)
