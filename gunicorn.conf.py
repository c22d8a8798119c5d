"""How gunicorn serves the API; it reads this file by itself."""

from app.settings import settings_or_exit

settings = settings_or_exit()

host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
bind = f"{host}:{settings.port}"
worker_class = "gthread"
workers = 2
threads = 8
graceful_timeout = 10
# Connections must not be shared between processes: each worker builds its own services after the fork.
preload_app = False
accesslog = None
# It would lie in the home of the user, one for all instances.
control_socket_disable = True
