"""Workers."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.schemas.pages import page_of
from app.web.schemas.workers import WorkerSchema

workers = ApiBlueprint("workers", __name__, description="Worker processes that run tasks")


@workers.operation("GET", "/workers", role=Role.VIEWER, answer=page_of(WorkerSchema))
def list_workers() -> Mapping[str, Any]:
    """List the live workers and the tasks that each runs."""
    return {"items": services().ledger.queues.workers(), "next_cursor": None}
