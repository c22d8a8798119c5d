"""What `celery -A tasks beat` runs: a look at the schedules each second."""

from pathlib import Path
from typing import Any

import structlog
from celery.beat import Scheduler

from app.errors import DatabaseUnavailable
from tasks.process import services

log = structlog.get_logger()
LOOK_EVERY_S = 1.0


class ScheduleBeat(Scheduler):
    """Asks for the tasks of nagare's own schedules; Celery's are not used.

    Any number of these may run at once, and beside the workers' own look: each time fires once.
    """

    def __init__(self, *args: Any, schedule_filename: str | None = None, **kwargs: Any) -> None:
        self._seen = Path(schedule_filename) if schedule_filename else None
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Do nothing: the schedules are in the database."""

    def tick(self, *_: Any, **__: Any) -> float:
        """Look once, and return in how many seconds to look again."""
        try:
            services(pooled=False).schedules.turn()
        except DatabaseUnavailable as error:
            log.warning("schedules.wait", error=str(error))
        # A scheduler that raises would end beat, and with it everybody's schedules.
        except Exception:
            log.exception("schedules.failed")
        if self._seen is not None:
            # By its age a health check sees that beat is not stuck.
            self._seen.touch()
        return LOOK_EVERY_S
