"""How gunicorn serves the API; it reads this file by itself."""

import gc
from typing import Any

from gunicorn.glogging import Logger

# The web is imported here although only the workers need it: what was there before the fork they share.
from app import logs
from app import web as web
from app.settings import settings_or_exit
from app.web.server.listener import NOBODY

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
worker_class = "app.web.server.worker.EventLoopWorker"
workers = 2
graceful_timeout = 10
# A client's first message, which says who it is; it has nothing more to say.
websocket_max_message_size = 16 * 1024
# What was to be sent to a client that is gone is dropped at once.
asgi_disconnect_grace_period = 0
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
    worker.counts.tell(worker.age, NOBODY)
