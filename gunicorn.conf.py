"""gunicorn's configuration, which it reads itself."""

import gc
from typing import Any

from gunicorn.glogging import Logger

# The web layer is imported here although only the workers need it: they share what is loaded before the fork.
from app import logs
from app import web as web
from app.settings import settings_or_exit
from app.web.server.listener import NOBODY

settings = settings_or_exit()
logs.configure(settings.log_level, settings.log_format)


class PlainLogger(Logger):  # type: ignore[misc]
    """gunicorn's logger without its own line format: its lines are events like all others."""

    def setup(self, cfg: Any) -> None:
        """Pass everything to the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


logger_class = PlainLogger

host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
bind = f"{host}:{settings.port}"
worker_class = "app.web.server.worker.EventLoopWorker"
workers = 2
graceful_timeout = 10
# The size of a client's first message, which authenticates it; it sends nothing else.
websocket_max_message_size = 16 * 1024
# What was to be sent to a disconnected client is dropped at once.
asgi_disconnect_grace_period = 0
# Connections must not be shared between processes: each worker builds its own services after the fork.
preload_app = False
accesslog = None
# The application itself decides which proxies to trust (app/web/proxies.py); gunicorn would trust all on this machine.
forwarded_allow_ips = ""
# Otherwise it would be in the user's home, one for all instances.
control_socket_disable = True


def pre_fork(_server: Any, _worker: Any) -> None:
    """Exclude shared objects from collection: scanning an object would copy its page."""
    gc.collect()
    gc.freeze()


def child_exit(_server: Any, worker: Any) -> None:
    """Keep the other workers from leaving connections to a worker that is gone, however it ended."""
    worker.counts.tell(worker.age, NOBODY)
