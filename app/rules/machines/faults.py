"""Which fault an alert tells, in words that do not depend on its source, so that two alerts of one machine compare."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

FaultWords = Sequence[tuple[str, Sequence[str]]]
FAULT_LABEL = "fault"
ALERTNAME = "alertname"
AVAILABILITY, DISK, NETWORK, CERTIFICATE, SERVICE = "availability", "disk", "network", "certificate", "service"
DEFAULT_WORDS: FaultWords = (
    (
        AVAILABILITY,
        (
            *("is down", "hostdown", "nodedown", "instancedown", "targetdown", "serverdown", "unreachable"),
            *("not available", "unavailable", "not responding", "no response", "connection lost", "不可达"),
            *("icmp ping", "ping failed", "is offline", "宕机"),
        ),
    ),
    ("cpu", ("cpu", "load average", "highload", "high load")),
    ("memory", ("memory", "out of ram", "oom", "swap", "内存")),
    (DISK, ("disk", "filesystem", "file system", "inode", "free space", "space is", "磁盘")),
    (NETWORK, ("interface", "packet loss", "network", "bandwidth", "link down", "网络")),
    (CERTIFICATE, ("certificate", "tls cert", "ssl cert", "certexpir", "证书")),
    ("time", ("clock skew", "clockskew", "time drift", "ntp", "not synchronised", "not synchronized", "system time")),
    ("temperature", ("temperature", "overheat", "温度")),
    ("restart", ("reboot", "has been restarted", "uptime")),
)
"""The classes of faults, each with the words of messages and names of alerts that tell it."""
SUBJECT_LABELS: Mapping[str, Sequence[str]] = {
    DISK: ("mountpoint", "filesystem", "path", "volume", "drive", "device", "disk"),
    NETWORK: ("interface", "ifname", "ifdescr", "device", "nic"),
    CERTIFICATE: ("cn", "subject", "domain", "target", "url"),
}
"""Labels that say which of several the fault is about, of disks, interfaces and certificates; the first counts."""
SUBJECT_TEXTS: Mapping[str, re.Pattern[str]] = {
    DISK: re.compile(r"(?:(?<=[\s\[(\"':])|^)(/[\w./-]*|[a-z]:)(?![\w])"),
    NETWORK: re.compile(r"interface\s+[\"'\[(]?([\w./-]+)"),
    CERTIFICATE: re.compile(r"\b([\w-]+(?:\.[\w-]+)+)\b"),
}
OF_THE_MACHINE = re.compile(
    r"node|host|agent|icmp|ping|snmp|system|server|machine|linux|windows|wmi|unix|federat|availab|netdata|zabbix|vm"
)
"""Names of jobs whose targets are machines; the target of another job, like `mysqld`, is a service on it."""
NAMES_OF_PLACE = (
    *("alertname", "alertstate", "instance", "job", "host", "hostname", "nodename", "node", "severity", "prometheus"),
    *("replica", "prometheus_replica", "cluster", "monitor", "datacenter", "env", "environment", "region", "team"),
)
"""Labels that say where something is or who sees it, and not what."""


@dataclass(frozen=True, slots=True)
class FaultTable:
    """The classes of faults with their words."""

    words: FaultWords = DEFAULT_WORDS

    @classmethod
    def of(cls, stored: Iterable[Mapping[str, Any]] | None) -> Self:
        """Return the table that is stored; the default one for None."""
        if stored is None:
            return cls()
        return cls([(row["fault"], [word.lower() for word in row["words"]]) for row in stored])

    def as_list(self) -> list[dict[str, Any]]:
        """Return what `of` reads."""
        return [{"fault": fault, "words": list(words)} for fault, words in self.words]

    def fault_of(self, message: str, labels: Mapping[str, Any], host: str = "") -> str | None:
        """Return the fault that an alert tells; None if its words tell none, or several.

        Alerts with equal faults on one machine tell the same. What remains open is not the same: a full `/` is not a
        full `/var`, and not a disk whose place is unknown.
        """
        if not self.words:
            return None
        own = _text(labels, FAULT_LABEL)
        if own:
            return f"{FAULT_LABEL}={own.lower()}"
        name = _text(labels, ALERTNAME)
        text = f"{name} {message}".lower()
        if host:
            # A host named memory-1 has no fault of its memory.
            text = text.replace(host.lower(), " ")
        classes = [fault for fault, words in self.words if any(word in text for word in words)]
        if len(classes) > 1:
            return None
        if classes:
            subject = _subject(classes[0], text, labels)
            return f"{classes[0]}: {subject}" if subject else classes[0]
        return _by_name(name, labels) if name else None


def _subject(fault: str, text: str, labels: Mapping[str, Any]) -> str:
    if fault == AVAILABILITY:
        job = _text(labels, "job").lower()
        return "" if OF_THE_MACHINE.search(job) else job
    for label in SUBJECT_LABELS.get(fault, ()):
        if value := _text(labels, label):
            return value.lower()
    found = SUBJECT_TEXTS[fault].search(text) if fault in SUBJECT_TEXTS else None
    return found.group(1) if found else ""


def _by_name(name: str, labels: Mapping[str, Any]) -> str:
    """Return the fault of an alert whose name is the only thing that tells it: the name, and what it is about."""
    about = [f"{label}={labels[label]}" for label in sorted(labels) if label not in NAMES_OF_PLACE]
    return "; ".join([f"{ALERTNAME}={name.lower()}", *about])


def _text(labels: Mapping[str, Any], name: str) -> str:
    value = labels.get(name)
    return value if isinstance(value, str) else ""
