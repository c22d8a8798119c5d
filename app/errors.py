"""One tree of errors. Each says by `code` what happened and by `retryable` whether trying again can help."""


class NagareError(Exception):
    """The root of every error that nagare raises on purpose.

    `str()` of it is safe to show: no credential is ever put into a message.
    """

    code = "error"
    retryable = False


class NotFound(NagareError):
    """What was asked for is not there."""

    code = "not_found"


class Conflict(NagareError):
    """The request is well formed, but the present state forbids it."""

    code = "conflict"


class ConcurrentChange(Conflict):
    """Somebody else changed the same at the same moment, after it was looked at."""

    code = "concurrent_change"
    retryable = True


class Invalid(NagareError):
    """A value breaks a rule; `field` names it."""

    code = "invalid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Unauthorized(NagareError):
    """The caller is not who they claim to be, or no longer."""

    code = "unauthorized"


class Forbidden(NagareError):
    """The caller's role does not allow it."""

    code = "forbidden"


class TooManyRequests(NagareError):
    """The caller must wait `retry_after_s` seconds."""

    code = "too_many_requests"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(NagareError):
    """This process has too much of that kind to do, or no memory for it."""

    code = "overloaded"
    retryable = True


class TooManyStreams(NagareError):
    """As many clients as one process serves are connected to the events."""

    code = "too_many_streams"
    retryable = True


class NoStreams(NagareError):
    """The server that runs the application cannot hand a connection over to it."""

    code = "no_streams"


class SettingsError(NagareError):
    """A setting is unknown, missing or ill-formed; the message is one line that names it."""

    code = "settings"


class BrokerUnavailable(NagareError):
    """Redis does not answer."""

    code = "broker_unavailable"
    retryable = True


class DatabaseUnavailable(NagareError):
    """The database does not answer, or not in time, is locked or full."""

    code = "database_unavailable"
    retryable = True


class TaskInterrupted(NagareError):
    """A running task must stop without recording an outcome, since another one was recorded for it."""

    code = "interrupted"


class TaskFailed(NagareError):
    """A task cannot do what it was asked to, and no retry will change that."""

    code = "failed"


class ChildrenFailed(NagareError):
    """No task that this one consists of has succeeded; each of them tells why."""

    code = "children_failed"


class WorkerLost(NagareError):
    """The worker's process ended in the middle of the task."""

    code = "worker_lost"
    retryable = True


class TaskTimeout(NagareError):
    """The task ran longer than `NAGARE_TASK_TIMEOUT_S`."""

    code = "timeout"
    retryable = True


class OutOfMemory(NagareError):
    """The task was refused more memory; other tasks that ran beside it may have had it."""

    code = "out_of_memory"
    retryable = True


class SourceError(NagareError):
    """The root of what goes wrong with a monitor."""

    code = "source_error"


class SourceUnreachable(SourceError):
    """The monitor's address does not answer: no name, refused, reset, TLS failed."""

    code = "source_unreachable"
    retryable = True


class SourceTimeout(SourceError):
    """The monitor did not answer in time."""

    code = "source_timeout"
    retryable = True


class SourceFailing(SourceError):
    """The monitor answered with a 5xx or 429, or says itself that it is overloaded."""

    code = "source_failing"
    retryable = True


class SourceRefusedLogin(SourceError):
    """The monitor refused the user name, password or token."""

    code = "source_refused_login"


class SourceRejected(SourceError):
    """The monitor answered with a 4xx or an API error: asking the same again will not help."""

    code = "source_rejected"


class SourceGarbled(SourceError):
    """The monitor's answer is not what its API promises: not JSON, wrong types, too large."""

    code = "source_garbled"


class SourceForbidden(SourceError):
    """The monitor's address is one that nagare does not call: link-local, or a redirect to another host."""

    code = "source_forbidden"


class SourceConflict(SourceError):
    """What should be written was changed at the monitor since it was last pulled; the message shows both sides."""

    code = "source_conflict"


class SourceReadOnly(SourceError):
    """This type of monitor cannot be written to."""

    code = "source_read_only"


class NotificationFailed(NagareError):
    """The receiver of a message did not take it."""

    code = "notification_failed"
    retryable = True


class NotificationUncertain(NagareError):
    """Nobody knows whether a message arrived; it is not sent a second time unless a person says so."""

    code = "notification_uncertain"
