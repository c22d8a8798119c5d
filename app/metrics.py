"""Everything that nagare counts and times as it happens; what can be looked up at any moment is not kept here."""

from itertools import product

from app.enums import TERMINAL_STATES, TaskType
from app.metrics_registry import Counter, Histogram

TASK_BOUNDS_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
CALL_BOUNDS_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
REQUEST_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

TASKS = Counter("nagare_tasks", "Tasks that ended, by how", ("type", "state"), product(TaskType, TERMINAL_STATES))
TASK_RETRIES = Counter("nagare_task_retries", "Attempts that failed and are retried", ("type",), product(TaskType))
TASK_DURATION = Histogram(
    "nagare_task_duration_seconds", "How long an attempt ran, however it ended", ("type",), TASK_BOUNDS_S
)
TASK_WAIT = Histogram(
    "nagare_task_wait_seconds", "How long a task waited between its publishing and its start", ("type",), TASK_BOUNDS_S
)
CONNECTOR_DURATION = Histogram(
    "nagare_connector_duration_seconds",
    "How long a monitor took to answer, page by page, also when it failed",
    ("monitor_id", "operation"),
    CALL_BOUNDS_S,
)
CONNECTOR_ERRORS = Counter(
    "nagare_connector_errors", "Calls to a monitor that failed, by the error's code", ("monitor_id", "reason")
)
HTTP_REQUESTS = Counter("nagare_http_requests", "Requests that were answered", ("method", "route", "status"))
HTTP_DURATION = Histogram(
    "nagare_http_request_duration_seconds", "How long an answer took", ("method", "route"), REQUEST_BOUNDS_S
)
CONNECTIONS_CUT = Counter(
    "nagare_http_connections_cut",
    "Connections that were ended because their clients took too long, or all of them too much",
    ("waiting_for", "reason"),
    product(("request", "answer"), ("overdue", "no_room")),
)

METRICS = (
    TASKS,
    TASK_RETRIES,
    TASK_DURATION,
    TASK_WAIT,
    CONNECTOR_DURATION,
    CONNECTOR_ERRORS,
    HTTP_REQUESTS,
    HTTP_DURATION,
    CONNECTIONS_CUT,
)
