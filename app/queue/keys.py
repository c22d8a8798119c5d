"""The names of all keys that nagare uses in Redis."""

from app.enums import TaskType

PREFIX = "nagare"
TAG = "{nagare}"
"""On a Redis Cluster the braces put all keys into one hash slot, and so on one server."""


class Keys:
    """All keys with the prefix `prefix`."""

    def __init__(self, prefix: str = PREFIX) -> None:
        self.prefix = prefix
        self.queues = {str(type_): f"{prefix}:queue:{type_}" for type_ in TaskType}
        """The lists of waiting messages by task type."""
        self.dead_letters = f"{prefix}:queue:dead"
        self.malformed = f"{prefix}:malformed"
        self.recovery_leader = f"{prefix}:recovery:leader"
        self.measures = f"{prefix}:measures"
        self.workers = f"{prefix}:workers"
        self.events = f"{prefix}:events"
        """The stream of events."""
        self.alert_events_told = f"{prefix}:events:alerts"
        """The id of the last alert event that is in the stream."""

    def worker(self, id: str) -> str:
        """Return the key under which a live worker registers."""
        return f"{self.prefix}:worker:{id}"

    def order(self, id: str) -> str:
        """Return the key of what a person asked of a worker."""
        return f"{self.prefix}:order:{id}"

    def ticket(self, digest: str) -> str:
        """Return the key of a stream ticket, by the ticket's hash."""
        return f"{self.prefix}:events:ticket:{digest}"

    def undo(self, token: str) -> str:
        """Return the key of what undoes an action."""
        return f"{self.prefix}:undo:{token}"

    def aside(self, key: str) -> str:
        """Return the key to which something is renamed that is in the place of a list."""
        return f"{self.prefix}:aside:{key}"

    def of_celery(self, name: str) -> str:
        """Return the key for a name that Celery uses: a queue of nagare, or one of Celery's own."""
        return name if self.prefix == PREFIX else _TAGGED_LISTS.get(name, f"{_TAGGED_CELERY}{name}")

    def name_for_celery(self, key: str) -> str:
        """Return Celery's name for this key."""
        return key if self.prefix == PREFIX else _NAMES.get(key, key.removeprefix(_TAGGED_CELERY))


PLAIN = Keys()
TAGGED = Keys(TAG)
QUEUES = PLAIN.queues
"""The names of the Celery queues with any broker; on a single Redis server they equal the lists' keys."""
QUEUE_PREFIX = "nagare:queue:"
_TAGGED_LISTS = {name: TAGGED.queues[type_] for type_, name in QUEUES.items()}
_NAMES = {key: name for name, key in _TAGGED_LISTS.items()}
_TAGGED_CELERY = f"{TAG}:celery:"
