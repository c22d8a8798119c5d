"""One tree of errors: `code` says what happened, `retryable` whether a retry can help."""

from collections.abc import Mapping, Sequence


class NagareError(Exception):
    """The root of all errors that nagare raises on purpose.

    `str()` of it is safe to show: messages never contain a credential.
    """

    code = "error"
    retryable = False


class NotFound(NagareError):
    """The object does not exist."""

    code = "not_found"


class Conflict(NagareError):
    """The request is valid, but conflicts with the current state."""

    code = "conflict"


class NameTaken(Conflict):
    """Another object has this name; `field` is the field with the name."""

    field = "name"


class UsernameTaken(NameTaken):
    """Another user has this name."""

    field = "username"


class ConcurrentChange(Conflict):
    """Somebody else changed the same data at the same time."""

    code = "concurrent_change"
    retryable = True


class Invalid(NagareError):
    """A value is invalid; `field` names it."""

    code = "invalid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class AllAlertsRefused(Invalid):
    """No alert of a webhook request can be read; `reasons` has some of them by place."""

    def __init__(self, reasons: Mapping[str, str], count: int, task_ids: Sequence[str]) -> None:
        """`task_ids` are the tasks that keep the alerts."""
        place, reason = next(iter(reasons.items()))
        kept = f"They become dead letters that can be retried: {', '.join(task_ids)}." if task_ids else ""
        super().__init__(place, f"{reason} None of the {count} alerts was accepted. {kept}".rstrip())
        self.reasons = reasons


class Unauthorized(NagareError):
    """The caller is not, or no longer, authenticated."""

    code = "unauthorized"


class Forbidden(NagareError):
    """The caller is not allowed to do this."""

    code = "forbidden"


class TooManyRequests(NagareError):
    """The caller must wait `retry_after_s` seconds."""

    code = "too_many_requests"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(NagareError):
    """This process has too much work of this kind, or not enough memory for it."""

    code = "overloaded"
    retryable = True


class TooManyStreams(NagareError):
    """This process has its maximum of event streams."""

    code = "too_many_streams"
    retryable = True


class NoStreams(NagareError):
    """The server that runs the application cannot hand over a connection."""

    code = "no_streams"


class SettingsError(NagareError):
    """A setting is unknown, missing or invalid; the message is one line that names it."""

    code = "settings"


class BrokerUnavailable(NagareError):
    """The broker does not respond."""

    code = "broker_unavailable"
    retryable = True


class DatabaseUnavailable(NagareError):
    """The database does not respond in time, is locked or full."""

    code = "database_unavailable"
    retryable = True


class TaskInterrupted(NagareError):
    """A running task must stop without recording an outcome, because another one was recorded for it."""

    code = "interrupted"


class TaskFailed(NagareError):
    """A task cannot do its work, and no retry can change that."""

    code = "failed"


class InvalidParams(NagareError):
    """The stored parameters of a task cannot be read; the message names the fields."""

    code = "invalid_params"


class AlertRefused(NagareError):
    """An alert that was posted cannot be read; the message says where and why."""

    code = "alert_refused"


class ChildrenFailed(NagareError):
    """None of the task's children succeeded; each of them has its own error."""

    code = "children_failed"


class WorkerLost(NagareError):
    """The worker process exited while it ran the task."""

    code = "worker_lost"
    retryable = True


class TaskTimeout(NagareError):
    """The task ran longer than `NAGARE_TASK_TIMEOUT_S`."""

    code = "timeout"
    retryable = True


class OutOfMemory(NagareError):
    """The task could not get more memory; tasks that ran beside it may have used it."""

    code = "out_of_memory"
    retryable = True


class SourceError(NagareError):
    """The root of all errors of a monitor."""

    code = "source_error"


class SourceUnreachable(SourceError):
    """The connection to the monitor failed: unknown host, refused, reset, TLS failed."""

    code = "source_unreachable"
    retryable = True


class SourceTimeout(SourceError):
    """The monitor did not respond in time."""

    code = "source_timeout"
    retryable = True


class SourceFailing(SourceError):
    """The monitor returned a 5xx or 429, or reported that it is overloaded."""

    code = "source_failing"
    retryable = True

    def __init__(self, message: str = "", *, retry_after_s: float | None = None, is_busy: bool = False) -> None:
        """`retry_after_s` is how long it asks to wait; `is_busy` says that it is there, but has too much to do."""
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.is_busy = is_busy


class SourceRefusedLogin(SourceError):
    """The monitor rejected the user name, password or token."""

    code = "source_refused_login"

    def __init__(self, message: str = "", *, realm: str = "") -> None:
        """`realm` is the server's challenge (RFC 9110, `WWW-Authenticate`), which tells what it is."""
        super().__init__(message)
        self.realm = realm


class SourceRejected(SourceError):
    """The monitor returned a 4xx or an API error: the same request will fail again."""

    code = "source_rejected"


class SourceGarbled(SourceError):
    """The monitor returned an invalid response: not JSON, wrong types, too large."""

    code = "source_garbled"


class SourceForbidden(SourceError):
    """nagare does not connect to the monitor's address: link-local, or a redirect to another host."""

    code = "source_forbidden"


class SourceConflict(SourceError):
    """The data to write was changed at the monitor since the last pull; the message shows both sides."""

    code = "source_conflict"


class SourceReadOnly(SourceError):
    """This type of monitor is read-only."""

    code = "source_read_only"


class NotificationFailed(NagareError):
    """The receiver rejected a message."""

    code = "notification_failed"
    retryable = True

    def __init__(self, message: str = "", *, retry_after_s: float | None = None) -> None:
        """`retry_after_s` is how long the receiver asks to wait."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotificationUncertain(NagareError):
    """It is unknown whether a message arrived; it is only sent again if a person retries it."""

    code = "notification_uncertain"
