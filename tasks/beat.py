"""The scheduler of `celery -A tasks beat`: it checks the schedules every second."""

from pathlib import Path
from typing import Any

import structlog
from celery.beat import Scheduler

from app.errors import DatabaseUnavailable
from tasks.refusal import refuse
from tasks.worker_process import services

log = structlog.get_logger()
LOOK_EVERY_S = 1.0


class ScheduleBeat(Scheduler):
    """Runs nagare's own schedules; Celery's are not used.

    Any number of them may run, and workers check the schedules too: each run is queued once.
    """

    def __init__(self, *args: Any, schedule_filename: str | None = None, **kwargs: Any) -> None:
        self._seen = Path(schedule_filename) if schedule_filename else None
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Show that beat is alive; the schedules themselves are in the database."""
        try:
            if self._seen is not None:
                self._seen.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._seen.touch(mode=0o600)
        except OSError as error:
            refuse(f"--schedule {self._seen}", str(error.strerror))

    def tick(self, *_: Any, **__: Any) -> float:
        """Check once, and return the seconds until the next check."""
        try:
            services(pooled=False).ledger.schedules.tick()
        except DatabaseUnavailable as error:
            log.warning("schedules.wait", error=str(error))
        # A scheduler that raises would end beat, and with it all schedules.
        except Exception:
            log.exception("schedules.failed")
        self._show_life()
        return LOOK_EVERY_S

    def _show_life(self) -> None:
        """Touch the file whose age shows a health check that beat is alive."""
        try:
            if self._seen is not None:
                self._seen.touch(mode=0o600)
        except OSError as error:
            log.warning("schedule_file.not_touched", error=str(error))
