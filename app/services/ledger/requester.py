"""The requester of a task."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Requester:
    """Who requests a task, and how a repeat is recognized.

    A repeat has the same idempotency key or, with `unique`, asks for the same work while a task for it has not ended.
    """

    user_id: int
    idempotency_key: str | None = None
    unique: bool = False
