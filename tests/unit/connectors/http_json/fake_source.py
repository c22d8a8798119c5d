"""A server with hosts, their items and alerts in JSON of its own, and the mapping that reads it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

MAPPING: dict[str, Any] = {
    "hosts": {
        "path": "/api/devices?limit=2",
        "list": "data",
        "next": "links.next",
        "fields": {
            "external_id": "uuid",
            "name": "hostname",
            "display_name": "title",
            "ip_addr": "address",
            "enabled": "monitored",
            "error": "fault",
            "groups": "sites",
            "labels": "tags",
        },
    },
    "items": {
        "path": "/api/sensors",
        "list": "data",
        "fields": {
            "host_external_id": "device",
            "external_id": "id",
            "name": "title",
            "key": "kind",
            "value": "reading",
            "units": "unit",
            "value_at": "seen",
            "error": "fault",
        },
    },
    "alerts": {
        "path": "/api/events",
        "list": "events",
        "fields": {
            "external_id": "id",
            "message": "text",
            "is_firing": "state",
            "source_severity": "level",
            "host_name": "device",
            "item_name": "sensor",
            "description": "more",
            "started_at": "since",
            "source_url": "link",
            "labels": "tags",
        },
    },
}


class FakeSource:
    """Answers by path; `pages` of devices, all sensors and all events."""

    def __init__(self, hosts: int = 3, items: int = 2, a_page: int = 2) -> None:
        self.a_page = a_page
        self.devices = [self.device(number) for number in range(hosts)]
        self.sensors = [self.sensor(host, number) for host in range(hosts) for number in range(items)]
        self.events = [self.event(1), self.event(2, state="closed")]
        self.asked: list[str] = []
        self.authorized: list[str | None] = []

    @staticmethod
    def device(number: int) -> dict[str, Any]:
        return {
            "uuid": f"d-{number}",
            "hostname": f"web-{number}",
            "title": f"网站 {number}",
            "address": f"10.0.{number // 256}.{number % 256}",
            "monitored": number != 1,
            "fault": "no response" if number == 2 else None,
            "sites": [{"name": "北京"}],
            "tags": {"env": "prod"},
        }

    @staticmethod
    def sensor(host: int, number: int) -> dict[str, Any]:
        return {
            "device": f"d-{host}",
            "id": 1000 * host + number,
            "title": f"Temperature {number}",
            "kind": f"temp.{number}",
            "reading": 21.5 + number,
            "unit": "°C",
            "seen": 1_795_938_604,
        }

    @staticmethod
    def event(number: int, **fields: Any) -> dict[str, Any]:
        return {
            "id": number,
            "text": f"Disk {number} is full, 磁盘满了",
            "state": "open",
            "level": "critical",
            "device": "web-0",
            "sensor": "temp.0",
            "more": "96 %",
            "since": "2026-11-29T01:00:00Z",
            "link": "https://source.example/events/1",
            "tags": ["env:prod"],
            **fields,
        }

    def respond(self, request: Any) -> None:
        self.asked.append(request.path)
        self.authorized.append(request.headers.get("Authorization"))
        told = self.tell(request.path)
        request.answer({"error": "no such list"} if told is None else told, 404 if told is None else 200)

    def tell(self, path: str) -> Any:
        split = urlsplit(path)
        if split.path == "/api/devices":
            start = int(parse_qs(split.query).get("from", ["0"])[0])
            end = start + self.a_page
            link = f"?limit={self.a_page}&from={end}" if end < len(self.devices) else None
            return {"data": self.devices[start:end], "links": {"next": link}}
        return {"/api/sensors": {"data": self.sensors}, "/api/events": {"events": self.events}}.get(split.path)
