"""How gunicorn serves the API; it reads this file by itself."""

import gc
import signal
import threading
from types import FrameType
from typing import Any

from gunicorn.glogging import Logger

# The web is imported here although only the workers need it: what was there before the fork they share.
from app import logs
from app import web as web
from app.settings import settings_or_exit

settings = settings_or_exit()
logs.configure(settings.log_level, settings.log_format)


class PlainLogger(Logger):  # type: ignore[misc]
    """gunicorn's logger without lines of its own form: they are events like all others."""

    def setup(self, cfg: Any) -> None:
        """Hand everything to the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


logger_class = PlainLogger

host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
bind = f"{host}:{settings.port}"
worker_class = "app.web.server.PatientWorker"
workers = 2
# Streams of events keep no thread; requests that wait for a task do, but never more than half of them.
threads = 16
graceful_timeout = 10
# Connections must not be shared between processes: each worker builds its own services after the fork.
preload_app = False
accesslog = None
# The application itself looks who a proxy is (app/web/proxies.py); gunicorn would let those on this machine set more.
forwarded_allow_ips = ""
# It would lie in the home of the user, one for all instances.
control_socket_disable = True


def pre_fork(_server: Any, _worker: Any) -> None:
    """Have the collector leave alone what is shared: by looking at an object it would copy its page."""
    gc.collect()
    gc.freeze()


def child_exit(_server: Any, worker: Any) -> None:
    """Have the others leave no more connections to a worker that is gone, however it ended."""
    worker.counts.forget(worker.age)


def post_worker_init(worker: Any) -> None:
    """Let SIGTERM end the streams and what waits for tasks too: gunicorn itself would wait for the latter."""
    from app.web.streams import EXTENSION  # noqa: PLC0415 - not in the parent, which serves nothing

    stop_serving = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        # By a thread, since whatever the signal interrupted may hold a lock.
        threading.Thread(target=worker.wsgi.extensions[EXTENSION].close, name="stop streams").start()
        if callable(stop_serving):
            stop_serving(number, frame)

    signal.signal(signal.SIGTERM, stop)
