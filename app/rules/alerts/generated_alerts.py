"""Draws test alerts: their texts, hosts and items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from app.enums import Severity

GENERATED = 5
"""The default number of test alerts."""
MAX_GENERATED = 10_000
MESSAGES = {
    "High CPU usage detected": "检测到 CPU 使用率过高",
    "Memory usage above threshold": "内存使用率超过阈值",
    "Disk space running low": "磁盘空间不足",
    "Disk I/O latency too high": "磁盘 I/O 延迟过高",
    "Network latency increased": "网络延迟升高",
    "Packet loss detected": "检测到网络丢包",
    "Service not responding": "服务无响应",
    "Database connection pool exhausted": "数据库连接池已耗尽",
    "Slow queries detected": "检测到慢查询",
    "Too many open files": "打开的文件过多",
    "SSL certificate expires soon": "SSL 证书即将过期",
    "Clock out of sync": "系统时钟不同步",
    "Backup job failed": "备份任务失败",
    "HTTP error rate above threshold": "HTTP 错误率超过阈值",
    "Unexpected restart detected": "检测到意外重启",
}
"""The English messages, each with its Chinese translation."""


@dataclass(frozen=True, slots=True)
class HostChoice:
    """A host that can get a test alert."""

    id: int
    monitor_id: int
    item_count: int


@dataclass(frozen=True, slots=True)
class DrawnAlert:
    """One drawn alert; `item_index` is the position among the host's items, None if it has none."""

    number: int
    host: HostChoice
    item_index: int | None
    severity: Severity
    message: str


def draw_alerts(
    seed: int | str, count: int, severity: Severity | None, hosts: Sequence[HostChoice]
) -> list[DrawnAlert]:
    """Draw `count` alerts on random hosts; the same seed and hosts give the same alerts.

    Hosts without items are drawn only if no host has any.
    """
    random = Random(seed)
    choices = [host for host in hosts if host.item_count] or list(hosts)
    messages = list(MESSAGES)
    severities = [severity] if severity is not None else list(Severity)
    drawn = []
    for number in range(1, count + 1):
        host = random.choice(choices)
        item_index = random.randrange(host.item_count) if host.item_count else None
        drawn.append(DrawnAlert(number, host, item_index, random.choice(severities), random.choice(messages)))
    return drawn


def comment(number: int, at: datetime) -> str:
    """Return the comment of test alert `number`."""
    return f"Auto-generated test alert #{number} at {at.isoformat(timespec='seconds').replace('+00:00', 'Z')}"
