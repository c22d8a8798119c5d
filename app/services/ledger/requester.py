"""The requester of a task."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Requester:
    """Who requests a task, and how a repeat is recognized.

    By the client's idempotency key; with `unique` also by the work itself, while a task for it has not finished.
    """

    user_id: int
    idempotency_key: str | None = None
    unique: bool = False
