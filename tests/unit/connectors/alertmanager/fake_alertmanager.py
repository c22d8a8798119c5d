"""An Alertmanager in this process, with what its API answers and the silences that it is sent."""

import json
from datetime import timedelta
from typing import Any

from app import clock
from app.rules.alerts.prometheus_labels import fingerprint

LABELS = {"alertname": "Disk", "instance": "db1:9100", "job": "node", "severity": "page"}
SILENCE_ID = "8d49b9ea-0000-4000-8000-000000000000"


def alert(labels: dict[str, str] = LABELS, **status: Any) -> dict[str, Any]:
    return {
        "labels": labels,
        "annotations": {"summary": "磁盘满了"},
        "fingerprint": fingerprint(labels),
        "startsAt": "2026-11-29T01:00:00.123Z",
        "endsAt": "2026-11-29T01:04:00.123Z",
        "updatedAt": "2026-11-29T01:00:00.123Z",
        "generatorURL": "http://prometheus/graph?g0.expr=up",
        "receivers": [{"name": "值班"}],
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": [], **status},
    }


def silence(name: str = "Disk", state: str = "active") -> dict[str, Any]:
    return {
        **{"id": SILENCE_ID, "status": {"state": state}, "createdBy": "小王", "comment": "换盘"},
        **{"startsAt": "2026-11-29T00:00:00Z", "endsAt": "2099-01-01T00:00:00.000Z"},
        "matchers": [{"name": "alertname", "value": name, "isRegex": False, "isEqual": True}],
    }


class FakeAlertmanager:
    """`respond` is the handler of a server; `answer_to` says what a path answers."""

    def __init__(self, alerts: list[dict[str, Any]], silences: list[dict[str, Any]] | None = None) -> None:
        self.alerts = alerts
        self.silences = silences or []
        self.posted: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str | None]] = []
        self.uptime: Any = (clock.now() - timedelta(days=1)).isoformat()

    def answer_to(self, path: str) -> Any:
        if path.endswith("/api/v2/status"):
            return {
                "cluster": {"status": "ready", "peers": []},
                "versionInfo": {"version": "0.25.0"},
                "config": {"original": ""},
                "uptime": self.uptime,
            }
        return self.alerts if path.endswith("/api/v2/alerts") else self.silences

    def take(self, posted: dict[str, Any]) -> Any:
        self.posted.append(posted)
        self.silences.append({**posted, "id": f"s{len(self.posted)}", "status": {"state": "active"}})
        return {"silenceID": f"s{len(self.posted)}"}

    def respond(self, request: Any) -> None:
        path = request.path.partition("?")[0]
        self.asked.append((path, request.headers.get("Authorization")))
        if path.rpartition("/")[2] not in ("status", "alerts", "silences"):
            request.answer({"code": 404, "message": f"path {path} was not found"}, 404)
        elif request.command == "POST":
            request.answer(self.take(request.json))
        else:
            request.answer(self.answer_to(path))

    def tell(self, request: Any) -> Any:
        """Return the answer to a request of httpx."""
        if request.method == "POST":
            return self.take(json.loads(request.content))
        return self.answer_to(request.url.path)
