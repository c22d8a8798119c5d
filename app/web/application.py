"""Builds the Flask application from the services."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from app.composition import Services
from app.web import access, compression, converters, headers, observation, problems, proxies
from app.web.api import BLUEPRINTS, PREFIX, ROOT_BLUEPRINTS
from app.web.context import EXTENSION
from app.web.dashboard import dashboard
from app.web.docs import docs
from app.web.metrics import metrics
from app.web.openapi import make_api
from app.web.streams import EXTENSION as STREAMS
from app.web.streams.admission import make_admission
from app.web.streams.streams import Streams

WATCH_EVENTS = "events.watch_events"


class Application(Flask):
    """Flask without its check, several times a request, whether a view is a coroutine: no view is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function unchanged."""
        return func


def create_app(services: Services) -> Flask:
    """Return the application without connecting to anything. Raises SettingsError when there is no secret key."""
    app = Application(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=problems.MAX_BODY_BYTES, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = services
    compression.install(app)
    observation.install(app)
    proxies.install(app, services.settings.trusted_networks)
    app.extensions[STREAMS] = Streams(services, make_admission(app))
    converters.install(app)
    problems.install(app)
    access.install(app, services.settings)
    headers.install(app)
    api = make_api(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=PREFIX)
    for blueprint in ROOT_BLUEPRINTS:
        api.register_blueprint(blueprint)
    # The same view handles WebSocket requests, which a rule does not match otherwise.
    view = app.view_functions[WATCH_EVENTS]
    app.add_url_rule(f"{PREFIX}/events", WATCH_EVENTS, view, methods=["GET"], websocket=True)
    app.register_blueprint(metrics)
    app.register_blueprint(docs)
    app.register_blueprint(dashboard)
    access.require_roles(app)
    return app
