"""The WSGI application: `gunicorn wsgi:application`."""

import atexit

from app import logs, tracing
from app.composition import build
from app.settings import settings_or_exit
from app.web import create_app

settings = settings_or_exit()
logs.configure(settings.log_level, settings.log_format)
tracing.start(settings.otlp_endpoint.get_secret_value(), "nagare-web")
atexit.register(tracing.stop)
services = build(settings, name="nagare web")
services.operation.metrics.start()
services.liveness.ping_reception.start()
atexit.register(services.close)
application = create_app(services)
