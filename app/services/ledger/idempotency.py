"""Recognizes repeated requests: by the client's idempotency key, and by the work itself."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from app.errors import Invalid
from app.rules.task_params.base import TaskParams
from app.services.ledger.requester import Requester
from app.store.ledger import idempotency

KEYS_LIVE = timedelta(hours=24)


def fingerprint_of(request: Sequence[Any]) -> str:
    """Return a hash that is equal for equal requests."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def fingerprint_of_task(params: TaskParams) -> str:
    """Return a hash that is equal for tasks that do the same work: of the type and the stored parameters."""
    return fingerprint_of([params.type, params.dump()])


def earlier_answer(connection: Connection, by: Requester, fingerprint: str, task_id: str, now: datetime) -> str | None:
    """Bind the requester's key, if any, to a task; return the task that it was bound to before, if any.

    Raises Invalid if the key was used for another request.
    """
    if by.idempotency_key is None:
        return None
    row = {"user_id": by.user_id, "key": by.idempotency_key, "task_id": task_id, "created_at": now}
    earlier = idempotency.reserve(connection, row | {"fingerprint": fingerprint}, now - KEYS_LIVE)
    if earlier is None:
        return None
    if earlier["fingerprint"] != fingerprint:
        raise Invalid("Idempotency-Key", "was already used for another request")
    return str(earlier["task_id"])
