"""alerta's own server, as its documentation runs it under a WSGI server."""

from alerta import create_app

application = create_app()
