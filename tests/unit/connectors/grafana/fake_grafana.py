"""A Grafana in this process, with what its API answers about alerts, silences and rules."""

from typing import Any

from app.rules.alerts.prometheus_labels import fingerprint
from tests.unit.connectors.alertmanager.fake_alertmanager import SILENCE_ID, silence

ALERTMANAGER = "/api/alertmanager/grafana/api/v2"
RULES = "/api/prometheus/grafana/api/v1/rules"
RULE = "eebd2a31"
LABELS = {
    "__alert_rule_uid__": RULE,
    "__alert_rule_namespace_uid__": "f1",
    "alertname": "High CPU",
    "grafana_folder": "机房",
    "instance": "web-01:9100",
    "job": "node",
    "severity": "page",
}
PRIVATE = {
    "__dashboardUid__": "abc",
    "__panelId__": "4",
    "__orgId__": "1",
    "__values__": '{"B":95.5,"C":1}',
    "__value_string__": "[ var='B' labels={instance=web-01:9100} value=95.5 ]",
}
NORMAL = {"health": "ok", "state": "inactive", "type": "alerting", "lastEvaluation": "2026-11-29T01:00:00Z"}


def alert(labels: dict[str, str] = LABELS, annotations: dict[str, str] | None = None, **status: Any) -> dict[str, Any]:
    """Return an alert as Grafana's Alertmanager lists it."""
    return {
        "labels": labels,
        "annotations": {"summary": "CPU 使用率过高", "description": "Above 90 %", **PRIVATE, **(annotations or {})},
        "fingerprint": fingerprint(labels),
        "startsAt": "2026-11-29T01:00:00.000Z",
        "endsAt": "2026-11-29T01:04:00.000Z",
        "updatedAt": "2026-11-29T01:00:00.123Z",
        "generatorURL": f"http://grafana:3000/sub/alerting/grafana/{RULE}/view",
        "receivers": [{"name": "值班"}],
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": [], **status},
    }


def posted(pulled: dict[str, Any]) -> dict[str, Any]:
    """Return the webhook that Grafana's contact point posts of that alert."""
    base = "http://grafana:3000/sub"
    entry = {
        "status": "firing",
        "labels": {name: text for name, text in pulled["labels"].items() if not name.startswith("__")},
        "annotations": {name: text for name, text in pulled["annotations"].items() if not name.startswith("__")},
        "startsAt": pulled["startsAt"],
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": f"{pulled['generatorURL']}?orgId=1",
        "fingerprint": pulled["fingerprint"],
        "silenceURL": f"{base}/alerting/silence/new?alertmanager=grafana",
        "dashboardURL": f"{base}/d/abc?orgId=1",
        "panelURL": f"{base}/d/abc?orgId=1&viewPanel=4",
        "values": {"B": 95.5, "C": 1},
        "valueString": PRIVATE["__value_string__"],
        "orgId": 1,
    }
    return {"receiver": "nagare", "status": "firing", "orgId": 1, "alerts": [entry], "version": "1", "title": "x"}


def rule(name: str = "High CPU", **changes: Any) -> dict[str, Any]:
    return {"name": name, **NORMAL, **changes}


class FakeGrafana:
    """`respond` is the handler of a server; `statuses` has paths that fail, `rules` may be None for none."""

    def __init__(self, alerts: list[dict[str, Any]], rules: list[dict[str, Any]] | None = None) -> None:
        self.alerts = alerts
        self.rules = [rule(state="firing"), rule("Load")] if rules is None else rules
        self.silences = [silence("Down")]
        self.health: dict[str, Any] = {"commit": "5b85c4c2fc", "database": "ok", "version": "11.2.0"}
        self.statuses: dict[str, int] = {}
        self.token: str | None = None
        self.asked: list[tuple[str, Any]] = []

    def answer_to(self, path: str, query: str = "") -> Any:
        if path.endswith("/api/health"):
            return self.health
        if path.endswith(RULES):
            groups = [{"name": "g", "file": "机房", "interval": 60, "rules": self.rules}]
            return {"status": "success", "data": {"groups": groups, "totals": {}}}
        if path.endswith("/silences"):
            return self.silences
        return [] if "active=false" in query else self.alerts

    def respond(self, request: Any) -> None:
        path, _, query = request.path.partition("?")
        self.asked.append((path, request.headers))
        is_refused = self.token and request.headers.get("Authorization") != f"Bearer {self.token}"
        if is_refused and path != "/api/health":
            request.answer({"message": "Unauthorized"}, 401)
        elif status := next((status for end, status in self.statuses.items() if path.endswith(end)), None):
            request.answer({"message": "Not found" if status == 404 else "no"}, status)
        else:
            request.answer(self.answer_to(path, query))

    def tell(self, request: Any) -> Any:
        """Return the answer to a request of httpx."""
        return self.answer_to(request.url.path, request.url.query.decode())


def silenced() -> dict[str, Any]:
    """Return an alert that the fake's silence keeps quiet."""
    return alert({**LABELS, "alertname": "Down"}, state="suppressed", silencedBy=[SILENCE_ID])
