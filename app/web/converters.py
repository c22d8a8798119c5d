"""Path parameters: what cannot be an id gets a 404 before it reaches a query."""

from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from app.enums import PingKind

# Eighteen digits fit into a 64-bit column. A range instead of a pattern would be checked only after the method, so a
# number outside it would get 405.
ID_PATTERN = "[1-9][0-9]{0,17}"
MAX_ID = 10**18 - 1
TASK_ID_PATTERN = "[a-z_]{1,32}:[0-9A-Za-z-]{1,47}"
WORKER_ID_PATTERN = "[^/]{1,200}(?:/[0-9A-Za-z]{1,64})?"
SECRET_PATTERN = "[0-9a-f]{40}"  # noqa: S105 - the form of one
SIGNAL_PATTERN = "start|fail|25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]"


class IdConverter(IntegerConverter):
    """The id of a row, in its canonical form."""

    regex = ID_PATTERN

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=1, max=MAX_ID)


class TaskIdConverter(BaseConverter):
    """A task id, `<type>:<uuid>`."""

    regex = TASK_ID_PATTERN


class WorkerIdConverter(BaseConverter):
    """A worker's id: its name, and since it has one, a slash and a part of its own."""

    regex = WORKER_ID_PATTERN
    part_isolating = False


class SecretConverter(BaseConverter):
    """The secret part of a heartbeat's token."""

    regex = SECRET_PATTERN


@dataclass(frozen=True, slots=True)
class Signal:
    """What a ping says."""

    kind: PingKind
    exit_code: int | None = None


class SignalConverter(BaseConverter):
    """`start`, `fail` or an exit code from 0 to 255."""

    regex = SIGNAL_PATTERN

    def to_python(self, value: str) -> Signal:
        """Return what it says; every exit code but 0 is a failure."""
        if not value.isdigit():
            return Signal(PingKind(value))
        return Signal(PingKind.FAIL if int(value) else PingKind.SUCCESS, int(value))


def install(app: Flask) -> None:
    """Register the converters by their names in rules, such as `<id:…>`."""
    app.url_map.converters |= {
        "id": IdConverter,
        "task_id": TaskIdConverter,
        "worker_id": WorkerIdConverter,
        "secret": SecretConverter,
        "signal": SignalConverter,
    }
