"""Fills a database with a big fleet by direct SQL: pulling it would take longer than all measurements."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, text

from app.models.base import Moment
from app.store.database import text_index
from app.store.database.engine import Database
from app.store.operation.migrate import upgrade
from tests.store.rows import add_monitor

NEEDLE = "needle"
"""The text that one row in the middle of each table contains."""
FLEET_MONITOR = 1
TEXT_BATCH_SIZE = 5000
TASK_ID_END = "-0000-7000-8000-000000000000"
LABELS = {
    **{"team": 10, "region": 4, "namespace": 1000, "pod": 100_000, "alertname": 50},
    **{"job": 30, "cluster": 5, "severity": 3, "instance": 10_000, "env": 2},
}
"""How many values each label has."""
NOW = datetime.now(UTC)
HISTORY_BEGAN = NOW - timedelta(days=20)


@dataclass(frozen=True, slots=True)
class FleetSize:
    """The number of rows of each kind."""

    hosts: int
    items: int
    alerts: int
    tasks: int

    @property
    def items_a_host(self) -> int:
        """Return the number of items per host."""
        return max(1, self.items // self.hosts)


def fill(url: str, size: FleetSize) -> None:
    """Create the schema, and one monitor with all rows."""
    upgrade(url)
    add(url, size)


def add(url: str, size: FleetSize) -> None:
    """Add one monitor with all that."""
    with closing(Database(url, durable=False)) as database:
        with database.transaction() as connection:
            add_monitor(connection, name="fleet")
            add_items(connection, size)
            add_alerts(connection, size.alerts, size.hosts)
            add_labels(connection)
            add_tasks(connection, size.tasks)
        _index_texts(database)
        _gather_statistics(database)


def add_items(connection: Connection, size: FleetSize) -> None:
    """Add the hosts and their items."""
    _run(connection, HOSTS, size.hosts)
    _run(connection, ITEMS, size.items, a_host=size.items_a_host, hosts=size.hosts)


def add_alerts(connection: Connection, count: int, hosts: int, offset: int = 0) -> None:
    """Add alerts: a third active, a third acknowledged, a third resolved within the score's window."""
    seconds = _ago("i % 80000")
    _run(connection, ALERTS.replace("AGO", seconds[connection.dialect.name]), count, hosts=hosts, offset=offset)


def add_labels(connection: Connection) -> None:
    """Give each alert ten labels; no alert has both the first team and the second region."""
    base = 0
    for name, size in LABELS.items():
        _run(connection, PAIRS.replace("NAME", name), size, size=size)
        connection.execute(text(ALERT_LABELS), {"base": base, "size": size})
        base += size


def add_tasks(connection: Connection, count: int) -> None:
    """Add tasks, one per second; one in a thousand is dead, all others succeeded."""
    since = _since("i")
    _run(connection, TASKS.replace("SINCE", since[connection.dialect.name]), count)


def _run(connection: Connection, statement: str, count: int, **numbers: int) -> None:
    moments = [bindparam(name, type_=Moment()) for name in ("now", "began") if f":{name}" in statement]
    values = {"now": NOW, "began": HISTORY_BEGAN, "count": count, "middle": count // 2, "needle": NEEDLE, **numbers}
    if not count:
        return
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    connection.execute(text(statement).bindparams(*moments), used)


def _index_texts(database: Database) -> None:
    """Do what the leading worker does after a pull, without its pauses."""
    is_more = True
    while is_more:
        with database.transaction() as connection:
            is_more = text_index.refresh(connection, TEXT_BATCH_SIZE) > 0


def _gather_statistics(database: Database) -> None:
    """Update PostgreSQL's statistics, as autovacuum would after a minute; SQLite has no such job."""
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _ago(seconds: str) -> dict[str, str]:
    return {
        "sqlite": f"strftime('%Y-%m-%d %H:%M:%f000', :now, '-' || ({seconds}) || ' seconds')",
        "postgresql": f"CAST(:now AS timestamptz) - ({seconds}) * interval '1 second'",
    }


def _since(seconds: str) -> dict[str, str]:
    return {
        "sqlite": f"strftime('%Y-%m-%d %H:%M:%f000', :began, '+' || ({seconds}) || ' seconds')",
        "postgresql": f"CAST(:began AS timestamptz) + ({seconds}) * interval '1 second'",
    }


NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
HOSTS = f"""
INSERT INTO hosts (monitor_id, external_id, name, display_name, description, enabled, source_name, source_display_name,
    source_description, source_enabled, ip_addr, groups, created_at, updated_at)
{NUMBERS} SELECT 1, CAST(i AS varchar), 'host-' || i, '主机 ' || i, '', true, 'host-' || i, '主机 ' || i, '', true,
    '10.0.0.1', '["web servers"]', :now, :now FROM n
"""
ITEMS = f"""
INSERT INTO items (host_id, monitor_id, external_id, name, key, description, interval, units, enabled, source_name,
    source_description, source_interval, source_units, source_enabled, value, value_type, value_at, source_error,
    created_at, updated_at)
{NUMBERS} SELECT 1 + (i / :a_host) % :hosts, 1, CAST(i AS varchar),
    CASE WHEN i = :middle THEN :needle ELSE '指标 ' || i END, 'metric[' || i || ']', 'used memory', '1m', 'B', true,
    '指标 ' || i, 'used memory', '1m', 'B', true, CAST(i AS varchar), 'float', :now,
    CASE WHEN i % 1000 = 0 THEN 'no answer' END, :now, :now FROM n
"""
ALERTS = f"""
INSERT INTO alerts (source, external_id, message, severity, status, suppressed, monitor_id, host_id, comment, count,
    first_seen_at, last_seen_at, resolved_at)
{NUMBERS} SELECT 'bench', CAST(i + :offset AS varchar),
    CASE WHEN i = :middle THEN :needle ELSE '磁盘空间不足 disk is full ' || i END, (i / 3) % 3, i % 3, false, 1,
    1 + i % :hosts, '', 1, :now, :now, CASE WHEN i % 3 = 2 THEN AGO END FROM n
"""
PAIRS = f"""
INSERT INTO label_pairs (name, value) {NUMBERS} SELECT 'NAME', 'NAME-' || (i % :size) FROM n ORDER BY i % :size
"""
ALERT_LABELS = """
INSERT INTO alert_labels (pair_id, alert_id) SELECT :base + 1 + id % :size, id FROM alerts ORDER BY 1, 2
"""
TASKS = f"""
INSERT INTO task_runs (id, type, state, params, monitor_id, requested_by, attempt, first_attempt, max_retries, beat,
    created_at, published_at, started_at, finished_at, progress_done, progress_message)
{NUMBERS} SELECT 'pull_hosts:' || substr('00000000' || i, length('00000000' || i) - 7) || '{TASK_ID_END}',
    'pull_hosts', CASE WHEN i % 1000 = 0 THEN 'dead' ELSE 'succeeded' END, '{{"monitor_id": 1}}', 1, 1, 1, 0, 3, 0,
    SINCE, SINCE, SINCE, SINCE, 1, '' FROM n
"""
