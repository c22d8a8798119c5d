"""What the worker's parent does when a child process is gone, which Celery itself would not report."""

import structlog
from billiard.einfo import ExceptionInfo
from billiard.exceptions import TimeLimitExceeded
from celery.worker.request import Request

from app.errors import DatabaseUnavailable, NagareError, TaskTimeout, WorkerLost
from tasks.worker_process import services

log = structlog.get_logger()


class LedgerRequest(Request):
    """The execution of a message, as the parent sees it."""

    def revoked(self) -> bool:
        """Return False: the ledger knows whether a task was cancelled, not a broadcast or a file of the worker."""
        return False

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """End the attempt of a child that is killed because it ignored its time limit."""
        super().on_timeout(soft, timeout)
        if not soft:
            self._lose(TaskTimeout(f"the task ignored its time limit and was killed after {timeout:g} s"))

    def on_failure(self, exc_info: ExceptionInfo, send_failed_event: bool = True, return_ok: bool = False) -> None:
        """End the attempt of a child that exited or was killed."""
        super().on_failure(exc_info, send_failed_event=send_failed_event, return_ok=return_ok)
        cause = getattr(exc_info.exception, "exc", exc_info.exception)
        # With return_ok the child is alive and has recorded the outcome itself.
        if not return_ok and not isinstance(cause, TimeLimitExceeded):
            self._lose(WorkerLost(f"the worker process exited: {cause}"))

    def _lose(self, error: NagareError) -> None:
        worker = f"{self.hostname}/{self.worker_pid}"
        try:
            services(pooled=False).ledger.lifecycle.lose(self.id, worker, error)
        except DatabaseUnavailable as unavailable:
            # The lease expires anyway.
            log.warning("task.not_taken_back", task_id=self.id, error=str(unavailable))
        # No error here may end the worker.
        except Exception:
            log.exception("task.not_taken_back", task_id=self.id)
