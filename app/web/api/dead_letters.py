"""Dead letters."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.services.ledger.requester import Requester
from app.store.database.pages import Page
from app.web.api.accepted import accepted
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, services
from app.web.schemas.base import NothingSchema
from app.web.schemas.dead_letters import (
    DeadLetterFilterSchema,
    DeadLetterGroupQuerySchema,
    DeadLetterGroupSchema,
    DeadLetterQuerySchema,
    DeadLetterSchema,
    DeadLetterStorySchema,
    DiscardedSchema,
    RetriedSchema,
)
from app.web.schemas.pages import page_of
from app.web.schemas.tasks import TaskAcceptedSchema

dead_letters = ApiBlueprint("dead letters", __name__, description="Tasks that failed for good", writes=Scope.TASKS)

DEAD = "/queue/dead"
LETTER = DEAD + "/<task_id:task_id>"


@dead_letters.operation("GET", DEAD, role=Role.VIEWER, query=DeadLetterQuerySchema, answer=page_of(DeadLetterSchema))
def list_dead_letters(**query: Any) -> Page:
    """List the dead letters, newest first."""
    return services().ledger.dead_letters.list(**query)


@dead_letters.operation(
    "GET",
    DEAD + "/groups",
    role=Role.VIEWER,
    query=DeadLetterGroupQuerySchema,
    answer=page_of(DeadLetterGroupSchema),
)
def group_dead_letters(**query: Any) -> Mapping[str, Any]:
    """Count the dead letters by monitor and cause, the largest group first."""
    return {"items": services().ledger.dead_letters.groups(**query), "next_cursor": None}


@dead_letters.operation("GET", LETTER, role=Role.VIEWER, answer=DeadLetterStorySchema, errors=(404,))
def get_dead_letter(task_id: str) -> Row:
    """Return a dead letter with its traceback."""
    return services().ledger.dead_letters.get(task_id)


@dead_letters.submission(LETTER + "/retry", query=NothingSchema, answer=TaskAcceptedSchema)
def retry_dead_letter(by: Requester, task_id: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Retry a dead task with a new set of attempts."""
    services().ledger.dead_letters.retry(task_id, by)
    return accepted("Task queued again", task_id)


@dead_letters.operation(
    "POST", DEAD + "/retry", role=Role.OPERATOR, body=DeadLetterFilterSchema, answer=RetriedSchema, errors=(409,)
)
def retry_dead_letters(body: Mapping[str, Any]) -> dict[str, int]:
    """Retry all dead tasks that match the filter."""
    return {"retried": services().ledger.dead_letters.retry_many(**body)}


@dead_letters.operation("DELETE", LETTER, role=Role.ADMIN, status=204, errors=(404,))
def discard_dead_letter(task_id: str) -> None:
    """Discard a dead letter."""
    services().ledger.dead_letters.discard(task_id)


@dead_letters.operation(
    "POST", DEAD + "/discard", role=Role.ADMIN, body=DeadLetterFilterSchema, answer=DiscardedSchema, errors=(409,)
)
def discard_dead_letters(body: Mapping[str, Any]) -> dict[str, int]:
    """Discard all dead letters that match the filter."""
    return {"discarded": services().ledger.dead_letters.discard_many(**body)}
