"""The names of everything that nagare keeps in Redis."""

from app.enums import TaskType

QUEUE_PREFIX = "nagare:queue:"
DEAD_LETTERS = "nagare:queue:dead"
MALFORMED = "nagare:malformed"
RECOVERY_LEADER = "nagare:recovery:leader"
MEASURES = "nagare:measures"
WORKERS = "nagare:workers"
WORKER_PREFIX = "nagare:worker:"
EVENTS = "nagare:events"
"""The stream of what happens, for those who watch."""
ALERT_EVENTS_TOLD = "nagare:events:alerts"
"""The id of the last entry of the alerts' histories that is in the stream."""
TICKET_PREFIX = "nagare:events:ticket:"


def queue_key(type: str) -> str:
    """Return the list that holds the waiting messages of a task type; it is also the name of the Celery queue."""
    return f"{QUEUE_PREFIX}{type}"


def worker_key(name: str) -> str:
    """Return the key under which a live worker describes itself."""
    return f"{WORKER_PREFIX}{name}"


def ticket_key(digest: str) -> str:
    """Return the key under which a ticket to the events stands, by the ticket's hash."""
    return f"{TICKET_PREFIX}{digest}"


def aside_key(key: str) -> str:
    """Return the key that something gets which stands in the place of a list."""
    return f"nagare:aside:{key}"


QUEUE_KEYS = {type_: queue_key(type_) for type_ in TaskType}
