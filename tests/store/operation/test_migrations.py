"""The schema's history, up and down with data in it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text, update

from app.errors import SettingsError
from app.models import Alert, ApiToken, AuditEntry, Base, ChatAccount, IdempotencyKey, Item, SavedView
from app.models.item_values import hour_of
from app.rules.response.routes import Route, Tree
from app.store.access import api_tokens, users
from app.store.alerts import alert_labels, alerts, raw_reports
from app.store.contacts import channels
from app.store.database import text_index
from app.store.database.dialects import table_of
from app.store.database.engine import Database
from app.store.database.pages import PageRequest
from app.store.inventory import gone_hosts, hosts, item_values, items, monitors, value_summaries
from app.store.ledger import schedules, task_runs
from app.store.liveness import heartbeat_pings, heartbeats
from app.store.machines import identities, members
from app.store.operation import migrate, schema_revision
from app.store.response import notifications
from tests.store.rows import NOW, add_host, add_items, add_monitor, add_run

DAY = timedelta(days=1)
INDEXES_OF_TEXTS = ("item_texts", "alert_texts")
"""Tables that differ between the databases, so that no model says what they are."""
UNSEEN = {"alert_deliveries", "stale_texts", "watched_periods"}
"""Tables whose ids nobody is told, and that nothing refers to."""
OLD_MONITOR = """
    INSERT INTO monitors (name, type, url, enabled, status, created_at)
    VALUES ('old', 'simulator', 'simulator://old', true, 'ok', '2026-01-31 12:00:00') RETURNING id
"""
OLD_ALERT_COLUMNS = """
    source, external_id, message, severity, status, suppressed, monitor_id, comment, count, first_seen_at, last_seen_at
"""
OLD_ALERT = f"""
    INSERT INTO alerts ({OLD_ALERT_COLUMNS})
    VALUES ('test', '1', 'one', 2, 0, false, :monitor, '', 1, '2026-01-31 12:00:00', '2026-01-31 12:00:00')
"""


@pytest.fixture
def empty(sql_url: str) -> Iterator[Database]:
    """Return a database without any table, left empty for the next test."""
    migrate.upgrade(sql_url)
    migrate.downgrade(sql_url, "base")
    database = Database(sql_url, durable=False)
    yield database
    database.close()
    migrate.upgrade(sql_url)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrations_make_what_the_models_say(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    with empty.reading() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or not name.startswith(INDEXES_OF_TEXTS)}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
        assert [each for each in found if not _is_unread_rule(connection, each)] == []
        assert schema_revision.is_recent(connection)


def _is_unread_rule(connection: Connection, difference: Any) -> bool:
    """Return whether it is a reference that SQLite got with its column: SQLAlchemy does not read its rule."""
    if connection.dialect.name != "sqlite" or difference[0] not in ("remove_fk", "add_fk"):
        return False
    columns = list(difference[1].columns.keys())
    rules = {
        row.on_delete
        for row in connection.execute(text("PRAGMA foreign_key_list(notifications)"))
        if [row[3]] == columns
    }
    return columns == ["parent_id"] and rules == {"CASCADE"}


def test_data_lives_through_the_way_down_and_up(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        monitor_id = add_monitor(connection, "上海", max_parallel_tasks=9)
        host_id = add_host(connection, monitor_id)
        add_items(connection, monitor_id, host_id, "a", "b")
        task_id = add_run(connection, fingerprint="f")
    migrate.downgrade(sql_url, "0001")
    with empty.reading() as connection:
        assert connection.execute(text("SELECT name FROM monitors")).scalar_one() == "上海"
        assert connection.execute(text("SELECT count(*) FROM items")).scalar_one() == 2
        assert not schema_revision.is_recent(connection)
    migrate.upgrade(sql_url)
    with empty.reading() as connection:
        monitor = monitors.find(connection, monitor_id)
        assert monitor is not None and (monitor["item_count"], monitor["max_parallel_tasks"]) == (2, 4)
        assert task_runs.find(connection, task_id) is not None


def test_alerts_that_came_again_are_one_on_the_way_down(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url, "0004")
    with empty.transaction() as connection:
        monitor_id = connection.execute(text(OLD_MONITOR)).scalar_one()
        connection.execute(text(OLD_ALERT), {"monitor": monitor_id})
    migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        assert connection.execute(text("SELECT external_id, occurrence, flaps FROM alerts")).all() == [("1", 1, 0)]
        values = OLD_ALERT_COLUMNS.replace("message", "'two'")
        connection.execute(text(f"INSERT INTO alerts ({OLD_ALERT_COLUMNS}, occurrence) SELECT {values}, 2 FROM alerts"))
    migrate.downgrade(sql_url, "0004")
    with empty.reading() as connection:
        assert connection.execute(text("SELECT message FROM alerts")).scalars().all() == ["two"]


def test_what_alerts_keep_comes_and_goes_and_the_alerts_stay(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url, "0014")
    with empty.transaction() as connection:
        monitor_id = connection.execute(text(OLD_MONITOR)).scalar_one()
        connection.execute(text(OLD_ALERT), {"monitor": monitor_id})
        alert_id = connection.execute(text("SELECT id FROM alerts")).scalar_one()
    migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        old = alerts.find(connection, alert_id)
        assert old is not None
        kept = {name: old[name] for name in ("labels", "annotations", "host", "started_at", "is_stale", "resolution")}
        assert kept == {
            "labels": {},
            "annotations": {},
            **dict.fromkeys(("host", "started_at", "resolution")),
            "is_stale": False,
        }
        alert_labels.write(connection, [(alert_id, {"team": "支付"})])
        raw_reports.write(connection, {alert_id: {"a": 1}}, "webhook", NOW)
        connection.execute(
            update(Alert).values(labels={"team": "支付"}, started_at=NOW, silenced_by={"kind": "silence"})
        )
    migrate.downgrade(sql_url, "0014")
    with empty.reading() as connection:
        assert connection.execute(text("SELECT message, severity FROM alerts")).all() == [("one", 2)]
    migrate.upgrade(sql_url)
    with empty.reading() as connection:
        again = alerts.find(connection, alert_id)
        assert again is not None and (again["labels"], again["silenced_by"]) == ({}, None)


def test_a_task_keeps_its_trace_on_the_way_up_and_lives_on_the_way_down(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        task_id = add_run(connection, traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        assert len(connection.execute(text("SELECT traceparent FROM task_runs")).scalar_one()) == 55
    migrate.downgrade(sql_url, "0005")
    migrate.upgrade(sql_url)
    with empty.reading() as connection:
        assert connection.execute(text("SELECT id, traceparent FROM task_runs")).all() == [(task_id, None)]


def test_schedules_and_values_come_and_go_with_their_tables(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    for _ in range(2):
        with empty.transaction() as connection:
            monitor_id = add_monitor(connection, "上海")
            [item_id] = add_items(connection, monitor_id, add_host(connection, monitor_id), "a")
            item_values.add(connection, [(item_id, NOW, 1.5)])
            params = {"task_type": "sync", "params": {"monitor_id": monitor_id}, "monitor_id": monitor_id}
            times = {"cron": "0 0 * * *", "timezone": "UTC", "next_run_at": NOW, "created_at": NOW}
            schedules.add(connection, {"name": "夜间", "enabled": True, **params, **times})
        migrate.downgrade(sql_url, "0006")
        migrate.upgrade(sql_url)
        with empty.transaction() as connection:
            assert schedules.fetch(connection, PageRequest()).items == []
            assert item_values.fetch(connection, PageRequest(), item_id, NOW - DAY, NOW + DAY).items == []
            assert monitors.remove(connection, monitor_id)


def test_summaries_come_and_go_and_hosts_and_values_stay(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    hour = hour_of(NOW)
    with empty.transaction() as connection:
        monitor_id = add_monitor(connection, "上海")
        host_id = add_host(connection, monitor_id)
        [item_id] = add_items(connection, monitor_id, host_id, "a")
        item_values.add(connection, [(item_id, NOW, 1.5)])
        hosts.mark_gone(connection, [host_id], NOW)
        value_summaries.add(connection, [value_summaries.Summary(item_id, hour - 99, 1, 1.0, 1.0, 1.0, 1.0)])
    migrate.downgrade(sql_url, "0021")
    migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        span = (NOW - 9 * DAY, NOW + DAY, NOW)
        assert [row["hour"] for row in value_summaries.fetch_all(connection, item_id, *span)] == [hour]
        assert gone_hosts.archive(connection, NOW + DAY, NOW + DAY, 10) == 1


def test_api_tokens_come_and_go_and_sign_ins_stay(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    session = {"id": "s", "refresh_jti": None, "network": "192.0.2.1", "created_at": NOW, "expires_at": NOW + DAY}
    with empty.transaction() as connection:
        user_id = users.add(connection, {"username": "王", "password_hash": "", "role": "viewer", "created_at": NOW})
        users.add_session(connection, session | {"user_id": user_id})
        token = {"user_id": user_id, "name": "夜间", "token_hash": "h", "role": "viewer", "scopes": "read"}
        api_tokens.add(connection, token | {"created_at": NOW, "expires_at": NOW + DAY})
        assert api_tokens.find_user(connection, "h", NOW) is not None
    migrate.downgrade(sql_url, "0011")
    migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        assert api_tokens.find_user(connection, "h", NOW) is None
        assert users.find_by_session(connection, "s", NOW) is not None
        found = users.find_for_sign_in(connection, "王", "192.0.2.1")
        assert found is not None and not found["is_known_there"]
        users.remove(connection, user_id)


def test_heartbeats_come_and_go_with_their_pings_and_stay_without_their_monitor(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    for _ in range(2):
        with empty.transaction() as connection:
            monitor_id = add_monitor(connection, "上海")
            row = {"name": "备份", "monitor_id": monitor_id, "token_hash": "h", "interval_s": 60, "timezone": "UTC"}
            rest = {"grace_s": 60, "severity": 2, "labels": {}, "enabled": True, "status": "new", "created_at": NOW}
            heartbeat_id = heartbeats.add(connection, row | rest)
            ping = {"heartbeat_id": heartbeat_id, "kind": "fail", "at": NOW, "exit_code": 3, "duration_ms": 9}
            heartbeat_pings.add(connection, [ping | {"body": "磁盘空间不足"}])
            assert monitors.remove(connection, monitor_id)
            kept = heartbeats.find(connection, heartbeat_id)
            assert kept is not None and kept["monitor_id"] is None
        migrate.downgrade(sql_url, "0016")
        migrate.upgrade(sql_url)
        with empty.reading() as connection:
            assert heartbeats.fetch(connection, PageRequest()).items == []
            assert connection.execute(text("SELECT count(*) FROM heartbeat_pings")).scalar_one() == 0


def test_machines_come_and_go_and_a_witness_counts_again_without_them(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    for _ in range(2):
        with empty.transaction() as connection:
            monitor_id = add_monitor(connection, "上海")
            ids = [add_host(connection, monitor_id, name) for name in ("a", "b")]
            machine_id = members.add_machine(connection, "一台", NOW)
            row = {"machine_id": machine_id, "way": "person", "reason": "王", "joined_at": NOW}
            members.put(connection, [row | {"host_id": host_id} for host_id in ids])
            members.decline(connection, [(ids[0], ids[1])], "王", NOW)
            identities.add(connection, [(ids[0], "fqdn", "a.example.com")])
            alert_id = connection.execute(text(OLD_ALERT + " RETURNING id"), {"monitor": monitor_id}).scalar_one()
            connection.execute(
                update(Alert).where(table_of(Alert).c.id == alert_id).values(suppressed=True, witness_of=7)
            )
        migrate.downgrade(sql_url, "0022")
        with empty.reading() as connection:
            suppressed = text("SELECT count(*) FROM alerts WHERE suppressed")
            assert connection.execute(suppressed).scalar_one() == 0
        migrate.upgrade(sql_url)
        with empty.transaction() as connection:
            assert members.machine_ids(connection, ids) == {}
            assert monitors.remove(connection, monitor_id)


OLD_NOTIFICATION = """
    INSERT INTO notifications (name, enabled, url_sealed, min_severity, kinds, timezone, language, batch_s, created_at)
    VALUES (:name, true, :url, 1, '["fired"]', 'Asia/Shanghai', 'zh', 10, '2026-01-31 12:00:00')
"""
ADDRESSES = "SELECT name, url_sealed FROM notifications ORDER BY name"


def test_notifications_become_routes_with_channels_and_keep_their_addresses_on_the_way_down(
    empty: Database, sql_url: str
) -> None:
    migrate.upgrade(sql_url, "0023")
    with empty.transaction() as connection:
        for name in ("a", "值班"):
            connection.execute(text(OLD_NOTIFICATION), {"name": name, "url": f"sealed {name}"})
    migrate.upgrade(sql_url, "0024")
    with empty.transaction() as connection:
        flat = [notifications.find(connection, row["id"]) for row in notifications.every(connection)]
        shown = [(row["name"], row["continues"], row["target"], row["delivery"]) for row in flat if row is not None]
        assert shown == [(name, True, "channel", "at_most_once") for name in ("a", "值班")]
        tree = Tree(map(Route.from_row, notifications.every(connection)))
        assert [(route.name, depth) for route, depth in tree.walk()] == [("a", 0), ("值班", 0)]
        sealed = [channels.find_sealed(connection, row["channel_id"]) for row in flat if row is not None]
        assert [(row["name"], row["url_sealed"]) for row in sealed if row is not None] == [
            ("a", "sealed a"),
            ("值班", "sealed 值班"),
        ]
        # A process of the previous release adds one, and people change what it does not know.
        connection.execute(text(OLD_NOTIFICATION), {"name": "old", "url": "sealed old"})
        parent = flat[0]
        assert parent is not None
        channels.change(connection, parent["channel_id"], {"url_sealed": "sealed anew"})
        row = {"kinds": [], "timezone": "UTC", "language": "en", "batch_s": 0, "url_sealed": "", "min_severity": 0}
        below = {**row, "name": "below", "enabled": True, "created_at": NOW, "parent_id": parent["id"]}
        notifications.add(connection, {**below, "channel_id": parent["channel_id"]})
        notifications.add(connection, {**below, "name": "nobody", "parent_id": None, "target": "none"})
    migrate.downgrade(sql_url, "0023")
    with empty.reading() as connection:
        kept = [("a", "sealed anew"), ("old", "sealed old"), ("值班", "sealed 值班")]
        assert connection.execute(text(ADDRESSES)).all() == kept
    migrate.upgrade(sql_url)
    with empty.reading() as connection:
        found = [notifications.find(connection, row["id"]) for row in notifications.every(connection)]
        assert [row["delivery"] for row in found if row is not None] == ["at_most_once"] * 3
        assert connection.execute(text("SELECT count(*) FROM channels")).scalar_one() == 3


def test_views_chat_accounts_and_tokens_of_wallboards_come_and_go_and_other_tokens_stay(
    empty: Database, sql_url: str
) -> None:
    migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        user_id = add_user(connection, "王")
    for _ in range(2):
        with empty.transaction() as connection:
            of_user = {"user_id": user_id, "created_at": NOW}
            view = {"name": "夜班", "page": "alerts", "query": "severity=4", "is_shared": True, "position": 0}
            connection.execute(insert(SavedView), view | of_user)
            connection.execute(insert(ChatAccount), {"kind": "lark", "external_id": "ou_1", **of_user})
            token = {"name": "t", "role": "viewer", "scopes": "", "expires_at": NOW + DAY, **of_user}
            board = api_tokens.add(connection, {**token, "token_hash": "board", "is_wallboard": True})
            script = api_tokens.add(connection, {**token, "token_hash": "script"})
        migrate.downgrade(sql_url, "0025")
        with empty.reading() as connection:
            assert connection.execute(text("SELECT id FROM api_tokens")).scalars().all() == [script]
        migrate.upgrade(sql_url)
        with empty.transaction() as connection:
            left = {row.id: row.is_wallboard for row in connection.execute(select(ApiToken.id, ApiToken.is_wallboard))}
            assert left == {script: False} and board != script
            for model in (SavedView, ChatAccount):
                assert connection.execute(select(model.id)).all() == []
            api_tokens.remove(connection, script)
    with empty.transaction() as connection:
        connection.execute(insert(SavedView), view | of_user)
        connection.execute(insert(ChatAccount), {"kind": "lark", "external_id": "ou_1", **of_user})
        users.remove(connection, user_id)
        assert connection.execute(text("SELECT count(*) FROM saved_views")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM chat_accounts")).scalar_one() == 0


def test_what_was_there_before_the_index_of_texts_is_in_it(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        monitor_id = add_monitor(connection, "上海")
        host_id = add_host(connection, monitor_id)
        add_items(connection, monitor_id, host_id, "a", "b")
    migrate.downgrade(sql_url, "0009")
    for _ in range(2):
        migrate.upgrade(sql_url)
        with empty.transaction() as connection:
            assert text_index.refresh(connection, 10) == 2
            found = text_index.look_up(connection, table_of(Item), "ITEM B")
            assert found is not None and len(found.ids(None, 10, descending=False)) == 1
            assert [item["name"] for item in items.fetch(connection, PageRequest(), q="item b").items] == ["item b"]
        migrate.downgrade(sql_url, "0009")


def test_what_history_names_is_given_to_nobody_else(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        kept_id = add_user(connection, "王")
        monitor_id = add_monitor(connection, "上海")
        [item_id, *_] = add_items(connection, monitor_id, host_id := add_host(connection, monitor_id), "a", "b", "c")
        named = {"users": 41, "monitors": 42, "hosts": 43, "items": 44, "notifications": 45, "api_tokens": 46}
        task = {"monitor_id": 42, "host_id": 43, "notification_id": 45}
        add_run(connection, params=task, requested_by=40, type="push_host")
        add_run(connection, 2, params={"monitor_id": 1, "alert_ids": [7, 47, 9]}, type="acknowledge_alert")
        item_values.add(connection, [(44, NOW, 1.5)])
        key = {"key": "k", "fingerprint": "f", "task_id": "t", "created_at": NOW}
        for owner in (41, -38):
            connection.execute(insert(IdempotencyKey), key | {"user_id": owner})
        entry = {"at": NOW, "username": "gone", "before": {}, "after": {}, "user_id": 39, "object_type": "token"}
        connection.execute(insert(AuditEntry), entry | {"object_id": 46})
    migrate.downgrade(sql_url, "0013")
    before = _schema(empty)
    migrate.upgrade(sql_url)
    for _ in range(2):
        with empty.transaction() as connection:
            assert monitors.remove(connection, add_monitor(connection, "gone"))
            if connection.dialect.name == "sqlite":
                assert {name: _last_id(connection, name) for name in named} == named | {"monitors": 43}
                assert _last_id(connection, "alerts") == 47
                assert add_user(connection, "李") > 41
                users.remove(connection, _last_id(connection, "users"))
            assert users.find(connection, kept_id) is not None and hosts.find(connection, host_id) is not None
            assert len(items.active_ids_by_host(connection, [host_id])[host_id]) == 3
        assert _integrity(empty) == {"ok"}
        migrate.downgrade(sql_url, "0013")
        assert _schema(empty) == before
        with empty.transaction() as connection:
            assert monitors.remove(connection, add_monitor(connection, "gone"))
        migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        assert items.find(connection, item_id) is not None
        assert monitors.remove(connection, monitor_id), "and all that refers to it"
        assert connection.execute(text("SELECT count(*) FROM items")).scalar_one() == 0
        users.remove(connection, kept_id)


def test_no_id_that_is_seen_outside_is_given_out_twice(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    counted = {name for name, table in Base.metadata.tables.items() if table.autoincrement_column is not None}
    assert {name for name in counted if Base.metadata.tables[name].dialect_options["sqlite"]["autoincrement"]} == (
        counted - UNSEEN
    )
    if empty.engine.dialect.name == "sqlite":
        with empty.reading() as connection:
            kept = text("SELECT name FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'")
            assert {*connection.execute(kept).scalars()} == counted - UNSEEN


def test_two_that_migrate_at_once_do_not_disturb_each_other(empty: Database, sql_url: str) -> None:
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(_upgrade_in_a_process, sql_url)
        migrate.upgrade(sql_url)
        assert other.result() == 0
    with empty.reading() as connection:
        assert schema_revision.is_recent(connection)


def add_user(connection: Connection, name: str) -> int:
    return users.add(connection, {"username": name, "password_hash": "", "role": "viewer", "created_at": NOW})


def _schema(database: Database) -> list[tuple[Any, ...]]:
    """Return all that SQLite knows of its tables, indexes and triggers."""
    if database.engine.dialect.name != "sqlite":
        return []
    with database.reading() as connection:
        found = text(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name <> 'sqlite_sequence' ORDER BY 1, 2"
        )
        return [tuple(row) for row in connection.execute(found)]


def _integrity(database: Database) -> set[str]:
    if database.engine.dialect.name != "sqlite":
        return {"ok"}
    with database.reading() as connection:
        found = connection.execute(text("PRAGMA integrity_check")).scalars().all()
        return {*found, *(str(row) for row in connection.execute(text("PRAGMA foreign_key_check")))}


def _last_id(connection: Connection, table: str) -> int:
    last = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return int(connection.execute(last, {"name": table}).scalar_one())


def _upgrade_in_a_process(sql_url: str) -> int:
    import subprocess
    import sys

    code = "import sys; from app.store.operation.migrate import upgrade; upgrade(sys.argv[1])"
    return subprocess.run([sys.executable, "-c", code, sql_url], check=False).returncode


def test_a_schema_from_the_future_is_refused_in_one_line(empty: Database, sql_url: str) -> None:
    migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        head = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        migrate.upgrade(sql_url)
    with empty.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
