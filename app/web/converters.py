"""Path parameters: what cannot be an id gets a 404 before it reaches a query."""

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, Map

# Eighteen digits fit into a 64-bit column. A range instead of a pattern would be checked only after the method, so a
# number outside it would get 405.
ID_PATTERN = "[1-9][0-9]{0,17}"
MAX_ID = 10**18 - 1
TASK_ID_PATTERN = "[a-z_]{1,32}:[0-9A-Za-z-]{1,47}"


class IdConverter(IntegerConverter):
    """The id of a row, in its canonical form."""

    regex = ID_PATTERN

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=1, max=MAX_ID)


class TaskIdConverter(BaseConverter):
    """A task id, `<type>:<uuid>`."""

    regex = TASK_ID_PATTERN


def install(app: Flask) -> None:
    """Register the converters as `<id:…>` and `<task_id:…>`."""
    app.url_map.converters |= {"id": IdConverter, "task_id": TaskIdConverter}
