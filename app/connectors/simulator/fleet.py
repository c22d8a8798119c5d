"""The simulated fleet: pure functions of a seed and the numbers of a host and an item.

There is no shared stream of random numbers: each property is the hash of its own path, so a host is the same in a fleet
of 3 and of 1,000,000, in every process and on every machine.
"""

import math
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from app.connectors.base import HostRecord, ItemRecord

ROLES = (
    ("web", "网站"),
    ("app", "应用"),
    ("db", "数据库"),
    ("cache", "缓存"),
    ("queue", "消息队列"),
    ("lb", "负载均衡"),
)
SITES = (("Shanghai", "上海"), ("Beijing", "北京"), ("Frankfurt", ""), ("Oslo", ""), ("Singapore", ""))
GIB = 1024**3
MINUTES_A_DAY = 1440


class Metric(NamedTuple):
    """What an item measures: numbers from `low` to `high`, or one of `texts`; `{n}` numbers repeated metrics."""

    name: str
    key: str
    value_type: str
    units: str = ""
    low: float = 0
    high: float = 0
    interval: str = "1m"
    texts: tuple[str, ...] = ()


METRICS = (
    Metric("CPU load, 1 minute average", "system.cpu.load[all,avg1]", "float", "", 0, 8),
    Metric("Memory used", "vm.memory.size[used]", "unsigned", "B", 2 * GIB, 60 * GIB),
    Metric("Disk free on /", "vfs.fs.size[/,free]", "unsigned", "B", 5 * GIB, 200 * GIB, "5m"),
    Metric("CPU utilization", "system.cpu.util", "float", "%", 1, 95),
    Metric("Incoming traffic on eth0", "net.if.in[eth0]", "unsigned", "bps", 10_000, 900_000_000),
    Metric("Outgoing traffic on eth0", "net.if.out[eth0]", "unsigned", "bps", 10_000, 900_000_000),
    Metric("Memory utilization", "vm.memory.utilization", "float", "%", 10, 95),
    Metric("Swap free", "system.swap.size[,free]", "unsigned", "B", 0, 8 * GIB),
    Metric("Disk used on /", "vfs.fs.size[/,pused]", "float", "%", 20, 95, "5m"),
    Metric("Disk reads", "vfs.dev.read[,ops]", "float", "r/s", 0, 900),
    Metric("Disk writes", "vfs.dev.write[,ops]", "float", "w/s", 0, 900),
    Metric("Running processes", "proc.num[,,run]", "unsigned", "", 1, 60),
    Metric("Ping round trip", "icmppingsec", "float", "s", 0.0002, 0.04),
    Metric("Operating system", "system.sw.os", "text", interval="1h", texts=("Debian 12", "Ubuntu 24.04", "openEuler")),
    Metric("Agent version", "agent.version", "text", interval="1h", texts=("6.0.33", "6.4.18", "7.0.5")),
)
REPEATED_METRICS = (
    Metric("Disk free on /data{n}", "vfs.fs.size[/data{n},free]", "unsigned", "B", 5 * GIB, 4000 * GIB, "5m"),
    Metric("Incoming traffic on eth{n}", "net.if.in[eth{n}]", "unsigned", "bps", 10_000, 900_000_000),
    Metric("Outgoing traffic on eth{n}", "net.if.out[eth{n}]", "unsigned", "bps", 10_000, 900_000_000),
    Metric("Response time of service {n}", "net.tcp.service.perf[http,,{n}]", "float", "s", 0.001, 2),
)


def make_host(seed: str, host: int) -> HostRecord:
    """Return host number `host` (from 0); its external id counts from 1."""
    number = host + 1
    role, role_zh = ROLES[draw(seed, host, "role") % len(ROLES)]
    site, site_zh = SITES[draw(seed, host, "site") % len(SITES)]
    block, last = divmod(host, 250)
    return HostRecord(
        external_id=str(number),
        name=f"{role}-{number:02d}",
        display_name=f"{site_zh}-{role_zh}-{number:02d}" if site_zh else f"{site} {role} {number:02d}",
        description=f"Simulated {role} server in {site}",
        ip_addr=f"10.{block // 250}.{block % 250}.{last + 1}",
        groups=(f"{role} servers", site),
        labels={"role": role, "site": site},
    )


def make_item(seed: str, host: int, item: int, minute: datetime) -> ItemRecord:
    """Return item number `item` (from 0) of host number `host`, with its value at this minute."""
    metric, count = _find_metric(item)
    return ItemRecord(
        host_external_id=str(host + 1),
        external_id=str(item + 1),
        name=metric.name.format(n=count),
        key=metric.key.format(n=count),
        value=_make_value(metric, draw(seed, host, item), minute),
        value_type=metric.value_type,
        units=metric.units,
        interval=metric.interval,
        value_at=minute,
    )


def _find_metric(item: int) -> tuple[Metric, int]:
    if item < len(METRICS):
        return METRICS[item], 0
    count, kind = divmod(item - len(METRICS), len(REPEATED_METRICS))
    return REPEATED_METRICS[kind], count + 1


def _make_value(metric: Metric, drawn: int, minute: datetime) -> str:
    """Return the item's own level plus a slow wave with a period of a day, within the metric's range."""
    if metric.texts:
        return metric.texts[drawn % len(metric.texts)]
    level = drawn % 1000 / 1000
    phase = drawn // 1000 % MINUTES_A_DAY
    wave = math.sin(2 * math.pi * (minute.timestamp() / 60 + phase) / MINUTES_A_DAY)
    value = metric.low + (metric.high - metric.low) * (0.1 + 0.6 * level + 0.1 * (1 + wave))
    return str(round(value)) if metric.value_type == "unsigned" else f"{value:.4f}"


def draw(*path: str | int) -> int:
    """Return 64 pseudorandom bits that depend only on the path."""
    return int.from_bytes(blake2b("\0".join(map(str, path)).encode(), digest_size=8).digest())
