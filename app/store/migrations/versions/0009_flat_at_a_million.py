"""What keeps pages of lists and the health score fast at a million rows.

A later migration that makes the table of the alerts anew, as SQLite must for some changes, must make the triggers anew.
"""

import sqlalchemy as sa
from alembic import op

from app.store.migrations.online import create_index

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = (
    ("ix_alerts_monitor_id_status_id", "alerts", ["monitor_id", "status", "id"], "id <> 0"),
    ("ix_alerts_status_id", "alerts", ["status", "id"], "id <> 0"),
    ("ix_alerts_severity_id", "alerts", ["severity", "id"], "id <> 0"),
    ("ix_alerts_source_id", "alerts", ["source", "id"], "id <> 0"),
    ("ix_alerts_suppressed", "alerts", ["suppressed", "id"], "suppressed"),
    ("ix_task_runs_type_created_at_id", "task_runs", ["type", "created_at", "id"], "id <> ''"),
    ("ix_task_runs_state_created_at_id", "task_runs", ["state", "created_at", "id"], "id <> ''"),
)
KEY = "status, bucket, monitor_id, severity, slot"
COUNTED = "status, severity, suppressed, resolved_at, monitor_id"
"""The columns of an alert on which its place in the sums depends."""
BUCKET = "CASE status WHEN 2 THEN ms / 600000 ELSE 0 END"
# SQLite rounds a time with a fraction, and so would move one at a bucket's end into the next: whole seconds it keeps.
MS = {
    "sqlite": "CAST(strftime('%s', substr(resolved_at, 1, 19)) AS INTEGER) * 1000"
    " + CAST(substr(resolved_at, 21, 3) AS INTEGER)",
    "postgresql": "floor(extract(epoch FROM resolved_at) * 1000)::bigint",
}
SLOT = {"sqlite": "0", "postgresql": "pg_backend_pid()"}
OLD, NEW = (", ".join(f"{row}.{name}" for name in COUNTED.split(", ")) for row in ("OLD", "NEW"))
IS_CHANGED = f"({OLD}) IS DISTINCT FROM ({NEW})"


def adding(dialect: str, alerts: str, slot: str) -> str:
    """Return the statement that adds alerts, times their `sign`, to the sums."""
    return f"""
        INSERT INTO alert_sums ({KEY}, count, ms)
        SELECT status, {BUCKET}, monitor_id, severity, {slot}, sum(sign),
            sum(CASE status WHEN 2 THEN sign * (ms - ms / 600000 * 600000) ELSE 0 END)
        FROM (SELECT a.*, {MS[dialect]} AS ms FROM ({alerts}) AS a) AS changed
        WHERE NOT suppressed AND (status <> 2 OR resolved_at IS NOT NULL)
        GROUP BY 1, 2, 3, 4
        ON CONFLICT ({KEY}) DO UPDATE
        SET count = alert_sums.count + excluded.count, ms = alert_sums.ms + excluded.ms
    """  # noqa: S608 - nothing of it comes from outside


def row(name: str, sign: int) -> str:
    """Return the statement that selects the row of a trigger."""
    columns = ", ".join(f"{name}.{column} AS {column}" for column in COUNTED.split(", "))
    return f"SELECT {columns}, {sign} AS sign"


def sqlite_triggers() -> list[str]:
    """Return what makes SQLite keep the sums."""
    rows = {"INSERT": row("NEW", 1), "DELETE": row("OLD", -1), "UPDATE": f"{row('OLD', -1)} UNION ALL {row('NEW', 1)}"}
    differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in COUNTED.split(", "))
    when = {"UPDATE": (f" OF {COUNTED}", f" WHEN {differs}")}
    return [
        f"CREATE TRIGGER alert_sums_{change.lower()} AFTER {change}{when.get(change, ('', ''))[0]} ON alerts"
        f"{when.get(change, ('', ''))[1]} BEGIN {adding('sqlite', alerts, SLOT['sqlite'])}; END"
        for change, alerts in rows.items()
    ]


def postgresql_triggers() -> list[str]:
    """Return what makes PostgreSQL keep the sums: many that come or go at once are one change."""
    many = f"SELECT {COUNTED}, CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END AS sign FROM changed_alerts"  # noqa: S608
    bodies = {"many": many, "one": f"{row('OLD', -1)} UNION ALL {row('NEW', 1)}"}
    functions = [
        f"CREATE FUNCTION alert_sums_{name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {adding('postgresql', alerts, SLOT['postgresql'])}; RETURN NULL; END $$"
        for name, alerts in bodies.items()
    ]
    return [
        *functions,
        "CREATE TRIGGER alert_sums_insert AFTER INSERT ON alerts"
        " REFERENCING NEW TABLE AS changed_alerts FOR EACH STATEMENT EXECUTE FUNCTION alert_sums_many()",
        "CREATE TRIGGER alert_sums_delete AFTER DELETE ON alerts"
        " REFERENCING OLD TABLE AS changed_alerts FOR EACH STATEMENT EXECUTE FUNCTION alert_sums_many()",
        f"CREATE TRIGGER alert_sums_update AFTER UPDATE OF {COUNTED} ON alerts"
        f" FOR EACH ROW WHEN ({IS_CHANGED}) EXECUTE FUNCTION alert_sums_one()",
    ]


def upgrade() -> None:
    for name, table, columns, where in INDEXES:
        create_index(name, table, columns, where)
    create_index("ix_notification_changes_event_id", "notification_changes", ["event_id"])
    op.create_table(
        "alert_sums",
        sa.Column("status", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("bucket", BIG, autoincrement=False, nullable=False),
        sa.Column("monitor_id", BIG, autoincrement=False, nullable=False),
        sa.Column("severity", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", BIG, autoincrement=False, nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.Column("ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("status", "bucket", "monitor_id", "severity", "slot", name="pk_alert_sums"),
    )
    dialect = op.get_bind().dialect.name
    statements = sqlite_triggers() if dialect == "sqlite" else postgresql_triggers()
    # After the triggers, so that no alert passes by that somebody else writes meanwhile.
    statements.append(adding(dialect, f"SELECT {COUNTED}, 1 AS sign FROM alerts", "0"))  # noqa: S608
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON alerts"
    for change in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER alert_sums_{change}{on}")
    if on:
        op.execute("DROP FUNCTION alert_sums_many(), alert_sums_one()")
    op.drop_table("alert_sums")
    op.drop_index("ix_notification_changes_event_id", "notification_changes")
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
