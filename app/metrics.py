"""All metrics that are counted and timed as things happen; what can be read at any time is not here."""

from itertools import product

from app.enums import TERMINAL_STATES, TaskType
from app.metrics_registry import Counter, Histogram

TASK_BOUNDS_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
CALL_BOUNDS_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
REQUEST_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

TASKS = Counter("nagare_tasks", "Finished tasks by final state", ("type", "state"), product(TaskType, TERMINAL_STATES))
TASK_RETRIES = Counter("nagare_task_retries", "Failed attempts that are retried", ("type",), product(TaskType))
TASK_DURATION = Histogram(
    "nagare_task_duration_seconds", "Duration of an attempt, successful or not", ("type",), TASK_BOUNDS_S
)
TASK_WAIT = Histogram(
    "nagare_task_wait_seconds", "Time between the publishing of a task and its start", ("type",), TASK_BOUNDS_S
)
CONNECTOR_DURATION = Histogram(
    "nagare_connector_duration_seconds",
    "Duration of a call to a monitor, one per page, including failed calls",
    ("monitor_id", "operation"),
    CALL_BOUNDS_S,
)
CONNECTOR_ERRORS = Counter(
    "nagare_connector_errors", "Failed calls to a monitor by error code", ("monitor_id", "reason")
)
HTTP_REQUESTS = Counter("nagare_http_requests", "HTTP requests", ("method", "route", "status"))
HTTP_DURATION = Histogram(
    "nagare_http_request_duration_seconds", "Duration of an HTTP request", ("method", "route"), REQUEST_BOUNDS_S
)
WEBHOOK_ALERTS_REFUSED = Counter(
    "nagare_webhook_alerts_refused", "Alerts of webhook requests that were refused, each alone", ("monitor_id",)
)
WEBHOOK_ALERTS_TRUNCATED = Counter(
    "nagare_webhook_alerts_truncated", "Alerts that a sender left out of its webhook requests", ("monitor_id",)
)
UNKNOWN_SEVERITIES = Counter(
    "nagare_alerts_unknown_severity",
    "Reports of alerts whose severity the monitor's table does not know",
    ("monitor_id",),
)
CONNECTIONS_CUT = Counter(
    "nagare_http_connections_cut",
    "Connections closed because the client was too slow or the server had no room",
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
    WEBHOOK_ALERTS_REFUSED,
    WEBHOOK_ALERTS_TRUNCATED,
    UNKNOWN_SEVERITIES,
    HTTP_REQUESTS,
    HTTP_DURATION,
    CONNECTIONS_CUT,
)
