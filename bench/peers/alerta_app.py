"""alerta's own server, run under a WSGI server as in its documentation."""

from alerta import create_app

application = create_app()
