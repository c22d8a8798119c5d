"""What the programs post, as they post it."""

import copy
from typing import Any

Json = dict[str, Any]

ALERTMANAGER: Json = {
    "receiver": "nagare",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "TargetDown", "instance": "127.0.0.1:1", "job": "dark", "severity": "critical"},
            "annotations": {"summary": "127.0.0.1:1 of job dark is down"},
            "startsAt": "2026-01-31T12:00:01.123Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
            "fingerprint": "0e8c1e5f0a2b3c4d",
        },
        {
            "status": "resolved",
            "labels": {"alertname": "Unicode", "instance": "127.0.0.1:30093", "severity": "warning"},
            "annotations": {"summary": "磁盘空间不足：127.0.0.1:30093", "description": "剩余 3%"},
            "startsAt": "2026-01-31T11:00:01.123Z",
            "endsAt": "2026-01-31T12:00:01.123Z",
            "generatorURL": "",
            "fingerprint": "1e8c1e5f0a2b3c4d",
        },
    ],
    "groupLabels": {"alertname": "TargetDown"},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager:9093",
    "version": "4",
    "groupKey": '{}:{alertname="TargetDown"}',
    "truncatedAlerts": 0,
}

GRAFANA: Json = {
    "receiver": "nagare",
    "status": "firing",
    "orgId": 1,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "High CPU", "host": "web-01", "severity": "critical", "grafana_folder": "机房"},
            "annotations": {"summary": "CPU 使用率过高"},
            "startsAt": "2026-01-31T12:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://grafana:3000/alerting/grafana/abc/view?orgId=1",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "http://grafana:3000/alerting/silence/new?alertmanager=grafana",
            "dashboardURL": "http://grafana:3000/d/abc?orgId=1",
            "panelURL": "",
            "values": {"B": 95.5, "C": 1},
            "valueString": "[ var='B' labels={host=web-01} value=95.5 ]",
            "orgId": 1,
        }
    ],
    "groupLabels": {"alertname": "High CPU"},
    "commonLabels": {"alertname": "High CPU"},
    "commonAnnotations": {},
    "externalURL": "http://grafana:3000/",
    "version": "1",
    "groupKey": '{}:{alertname="High CPU"}',
    "truncatedAlerts": 0,
    "title": "[FIRING:1] High CPU",
    "state": "alerting",
    "message": "**Firing**\n\nValue: B=95.5",
}

ZABBIX: Json = {
    "event_id": "4711",
    "event_value": "1",
    "event_update_status": "0",
    "event_name": "磁盘空间不足 on fleet-00001",
    "event_nseverity": "4",
    "event_ack_status": "No",
    "event_opdata": "剩余: 3 %",
    "host_id": "10567",
    "host_name": "fleet-00001",
    "item_id": "42001",
    "item_name": "metric 0",
}

PLAIN: Json = {"message": "备份失败", "severity": "critical", "host": "db-01", "item": "backup"}


def changed(payload: Json, path: str, value: Any) -> Json:
    """Return a copy in which the field at `path`, like `alerts.0.status`, is another one."""
    body = copy.deepcopy(payload)
    *places, name = path.split(".")
    target: Any = body
    for place in places:
        target = target[int(place) if place.isdecimal() else place]
    target[name] = value
    return body
