"""The WSGI application: `gunicorn wsgi:application`."""

import atexit

from app.composition import build
from app.web import create_app
from app.web.start import settings_or_exit

services = build(settings_or_exit())
atexit.register(services.close)
application = create_app(services)
