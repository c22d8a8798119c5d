"""The mappings in docs/http-json.md read what such systems answer."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.connectors.base import Completeness, MonitorAccess
from app.connectors.http_json.connector import HttpJsonConnector

TEXT = (Path(__file__).parents[4] / "docs" / "http-json.md").read_text()
CMDB, STORAGE, FEED = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL))
Serve = Callable[[Callable[[Any], None]], str]


def open_source(serve: Serve, mapping: dict[str, Any], answers: dict[str, Any]) -> HttpJsonConnector:
    url = serve(lambda request: request.answer(answers[request.path]))
    return HttpJsonConnector(MonitorAccess(f"{url}/api", mapping=mapping))


def server(number: int, lifecycle: str) -> dict[str, Any]:
    return {
        "uuid": f"u{number}",
        "hostname": f"db-{number}",
        "interfaces": [{"address": f"10.0.0.{number}"}] if number == 1 else [],
        "lifecycle": lifecycle,
        "site": {"name": "上海"},
        "rack": "r7" if number == 1 else None,
        "owner": {"team": "dba"},
        "os": {"name": "Debian"},
    }


def test_a_cmdb_with_pages(serve: Serve) -> None:
    first, second = "/api/v2/servers?per_page=500", "/api/v2/servers?per_page=500&page=2"
    answers = {
        first: {"data": [server(1, "production")], "links": {"next": second}},
        second: {"data": [server(2, "retired")], "links": {"next": None}},
    }
    with closing(open_source(serve, CMDB, answers)) as connector:
        assert connector.check() == "JSON over HTTP"
        [page] = connector.hosts()
    one, two = page.records
    assert (one.external_id, one.name, one.ip_addr, one.enabled) == ("u1", "db-1", "10.0.0.1", True)
    assert (one.groups, one.labels) == (("上海", "r7"), {"owner": "dba", "os": "Debian"})
    assert (two.ip_addr, two.enabled, two.groups) == (None, False, ("上海",))


def test_a_storage_array_with_numbered_pages(serve: Serve) -> None:
    enclosures = [
        {"serial": "S1", "label": "array-1", "health": "OK"},
        {"serial": "S2", "label": "array-2", "health": "Degraded"},
    ]
    sensors = [
        {"enclosure": "S1", "name": "fan1", "reading": 4200, "unit": "rpm", "read_at": "2026-11-29T01:00:00Z"},
        {"enclosure": "S2", "name": "fan1", "reading": None, "unit": "rpm", "read_at": None},
    ]
    answers = {
        "/api/status": {"enclosures": enclosures},
        "/api/sensors?page=1": {"sensors": sensors[:1], "page": 1, "pages": 2, "next_page": 2},
        "/api/sensors?page=2": {"sensors": sensors[1:], "page": 2, "pages": 2},
    }
    with closing(open_source(serve, STORAGE, answers)) as connector:
        [hosts] = connector.hosts()
        [items] = connector.items(["S1", "S2"])
        [alerts] = connector.alerts()
    assert [(host.name, host.error) for host in hosts.records] == [
        ("array-1", None),
        ("array-2", "Health is Degraded"),
    ]
    assert [(item.host_external_id, item.key, item.value) for item in items.records] == [
        ("S1", "fan1", "4200"),
        ("S2", "fan1", None),
    ]
    [report] = alerts.records
    assert (report.external_id, report.message) == ("S2/health", "Enclosure array-2 is Degraded")
    assert (report.host_name, report.source_severity, alerts.completeness) == ("S2", "Degraded", Completeness.COMPLETE)


def test_a_feed_of_events(serve: Serve) -> None:
    event = {
        **{"ticket": "T-1", "title": "磁盘满了", "state": "NEW", "prio": "P1", "ci": "db-1", "text": "96 %"},
        **{"opened_ms": 1_795_938_604_000, "base": "https://desk.example", "tags": ["env:prod"]},
    }
    answers = {"/api/events?limit=200": [event, {**event, "ticket": "T-0", "state": "DONE"}]}
    with closing(open_source(serve, FEED, answers)) as connector:
        [page] = connector.alerts()
    [report] = page.records
    assert (report.external_id, report.message, report.source_severity) == ("T-1", "磁盘满了", "P1")
    assert report.started_at == datetime.fromtimestamp(1_795_938_604, UTC)
    assert (report.source_url, report.labels) == ("https://desk.example/t/T-1", {"env": "prod"})
    assert page.completeness is Completeness.PARTIAL
