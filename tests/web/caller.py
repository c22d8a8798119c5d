"""Somebody who calls the API."""

import json
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

PASSWORD = "correct horse"
FLEET = "simulator://demo?hosts=3&items=2&seed=1"

WORKER = {
    "name": "celery@test",
    "hostname": "test",
    "pid": 1,
    "concurrency": 4,
    "started_at": "2026-01-31T12:00:00+00:00",
    "seen_at": "2026-01-31T12:00:05+00:00",
}
"""What a worker says of itself."""


@dataclass(frozen=True)
class Answer:
    """What the API answered; `json` is None where it is not JSON."""

    status: int
    json: Any
    text: str
    headers: Headers


def as_json(body: Any) -> dict[str, Any]:
    """Return what sends a body as JSON, escaped, so that it can hold what UTF-8 cannot."""
    return {"data": json.dumps(body), "content_type": "application/json"}


class Caller:
    """Sends requests to the API as one user, or as nobody."""

    def __init__(self, client: FlaskClient, token: str | None = None) -> None:
        self._client = client
        self.token = token

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **kwargs: Any) -> Answer:
        """Send a request to an address under `/api/v1`."""
        return self.call_root(method, f"/api/v1{path}", headers, **kwargs)

    def call_root(self, method: str, path: str, headers: dict[str, str] | None = None, **kwargs: Any) -> Answer:
        """Send a request to any address."""
        signed = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with self._client.open(path, method=method, headers={**signed, **(headers or {})}, **kwargs) as answer:
            text = answer.get_data().decode(errors="replace")
            is_json = (answer.mimetype or "").endswith("json")
        return Answer(answer.status_code, json.loads(text) if is_json else None, text, answer.headers)

    def get(self, path: str, **kwargs: Any) -> Answer:
        return self.call("GET", path, **kwargs)

    def post(self, path: str, body: Any = None, **kwargs: Any) -> Answer:
        return self.call("POST", path, **({} if body is None else as_json(body)), **kwargs)

    def put(self, path: str, body: Any, **kwargs: Any) -> Answer:
        return self.call("PUT", path, **as_json(body), **kwargs)

    def patch(self, path: str, body: Any, **kwargs: Any) -> Answer:
        return self.call("PATCH", path, **as_json(body), **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Answer:
        return self.call("DELETE", path, **kwargs)
