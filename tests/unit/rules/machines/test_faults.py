"""The fault that an alert tells, in the words of different systems."""

import pytest

from app.rules.machines.faults import FaultTable

TABLE = FaultTable.of(None)


@pytest.mark.parametrize(
    ("message", "labels", "fault"),
    [
        ("Linux: Zabbix agent is not available (for 3m)", {}, "availability"),
        ("Unavailable by ICMP ping", {}, "availability"),
        ("web-1 does not answer", {"alertname": "InstanceDown", "job": "node"}, "availability"),
        ("mysqld does not answer", {"alertname": "InstanceDown", "job": "mysqld"}, "availability: mysqld"),
        ("Linux: FS [/var]: Space is critically low (used > 90%)", {}, "disk: /var"),
        ("Host out of disk space", {"alertname": "HostOutOfDiskSpace", "mountpoint": "/var"}, "disk: /var"),
        ("Windows: (C:): Disk space is low", {}, "disk: c:"),
        ("A disk is nearly full", {}, "disk"),
        ("Interface eth0: Link down", {}, "network: eth0"),
        ("Linux: High CPU utilization (over 90% for 5m)", {}, "cpu"),
        ("Host high CPU load", {"alertname": "HostHighCpuLoad"}, "cpu"),
        ("Host out of memory", {"alertname": "HostOutOfMemory"}, "memory"),
        ("磁盘空间不足", {}, "disk"),
        ("too long", {"alertname": "QueueFull", "queue": "a", "job": "x"}, "alertname=queuefull; queue=a"),
        ("anything", {"fault": "Power-1"}, "fault=power-1"),
        ("cpu and memory are exhausted", {}, None),
        ("something is odd", {}, None),
        ("something is odd", {"alertname": 7}, None),
    ],
)
def test_the_words_of_an_alert_tell_its_fault(message: str, labels: dict[str, str], fault: str | None) -> None:
    assert TABLE.fault_of(message, labels) == fault


def test_the_name_of_the_host_tells_no_fault() -> None:
    assert TABLE.fault_of("memory-1: CPU is busy", {}, host="memory-1") == "cpu"


def test_a_table_of_ones_own_replaces_the_words() -> None:
    table = FaultTable.of([{"fault": "fuel", "words": ["Diesel"]}])
    assert table.fault_of("diesel is low", {}) == "fuel"
    assert table.fault_of("cpu", {}) is None
    assert FaultTable.of(table.as_list()).as_list() == table.as_list()
    assert FaultTable.of([]).fault_of("cpu", {"fault": "x", "alertname": "y"}) is None
