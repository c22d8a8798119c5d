"""gunicorn as users run a Flask application: with its own threads, and nagare's numbers of processes and threads."""

import os

bind = f"127.0.0.1:{os.environ['NAGARE_PORT']}"
worker_class = "gthread"
workers = 2
threads = 16
control_socket_disable = True
