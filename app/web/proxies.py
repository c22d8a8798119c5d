"""The client's address and scheme as reported by trusted proxies."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from app.rules.client_addresses import Network, client_of, is_within

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
FORWARDED_PROTO = "HTTP_X_FORWARDED_PROTO"


def install(app: Flask, trusted: tuple[Network, ...]) -> None:
    """Make the application see the client instead of these proxies."""
    app.wsgi_app = TrustedProxies(app.wsgi_app, trusted)  # type: ignore[method-assign]


class TrustedProxies:
    """The application behind proxies."""

    def __init__(self, application: "WSGIApplication", trusted: tuple[Network, ...]) -> None:
        self._application = application
        self._trusted = trusted

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Handle a request: `REMOTE_ADDR` becomes the client's address, `wsgi.url_scheme` the client's scheme."""
        if (FORWARDED_FOR in environ or FORWARDED_PROTO in environ) and is_within(
            peer := environ.get("REMOTE_ADDR", ""), self._trusted
        ):
            environ["REMOTE_ADDR"] = client_of(peer, environ.get(FORWARDED_FOR, ""), self._trusted)
            # The last proxy's value; those of earlier proxies, if any, come first.
            scheme = environ.get(FORWARDED_PROTO, "").rpartition(",")[2].strip().lower()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        return self._application(environ, start_response)
