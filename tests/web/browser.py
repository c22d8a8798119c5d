"""Somebody who looks at the dashboard, as far as that needs no real browser."""

import re
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient

from tests.web.caller import Answer

SESSION = "nagare_session"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://localhost/alerts?status=0"}


class Browser:
    """Keeps cookies, and sends with each form the token of the page that it is on."""

    def __init__(self, client: FlaskClient, token: str | None = None) -> None:
        self.client = client
        if token is not None:
            client.set_cookie(SESSION, token)

    def get(self, path: str, headers: Mapping[str, str] | None = None, **kwargs: Any) -> Answer:
        return self._send("GET", path, headers, **kwargs)

    def post(
        self,
        path: str,
        form: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        page: str = "/monitors",
    ) -> Answer:
        """Send a form of a page."""
        token = re.search(r'name="csrf_token" value="(\w+)"', self.get(page).text)
        assert token, f"{page} has no form"
        return self._send("POST", path, headers, data={"csrf_token": token[1], **(form or {})})

    def follow(self, answer: Answer) -> Answer:
        assert answer.status == 303, answer.text
        return self.get(answer.headers["Location"])

    def _send(self, method: str, path: str, headers: Mapping[str, str] | None, **kwargs: Any) -> Answer:
        with self.client.open(path, method=method, headers=dict(headers or {}), **kwargs) as answer:
            return Answer(answer.status_code, None, answer.get_data().decode(), answer.headers)
