"""SQLite gives an id that somebody may have seen to nobody else, as PostgreSQL's sequences do.

Without AUTOINCREMENT the id of the newest row that was deleted goes to the next one: a new user had the idempotency
keys and the audit trail of another. SQLite has no statement to add it. To make a table anew, in a transaction in which
foreign keys are on, would delete all that refers to it; so the words of the schema are changed, as SQLite's
documentation describes for changes that leave the rows as they are (lang_altertable.html, section 8). That takes the
same moment at a million rows, and indexes, triggers and computed columns are not touched.

A later migration that makes one of `TABLES` anew must say `table_kwargs={"sqlite_autoincrement": True}`.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = (
    "users",
    "api_tokens",
    "monitors",
    "hosts",
    "items",
    "alerts",
    "alert_events",
    "audit_entries",
    "maintenance_windows",
    "notifications",
    "schedules",
)
KEY = re.compile(r"""PRIMARY KEY \((["`\[]?id["`\]]?)\)""")
COUNTED_KEY = re.compile(r"""PRIMARY KEY \((["`\[]?id["`\]]?) AUTOINCREMENT\)""")
AUDITED = "SELECT max(object_id) FROM audit_entries WHERE object_type = '{}'"
IN_PARAMS = "SELECT max(CAST(json_extract(params, '$.{}') AS INTEGER)) FROM task_runs"
NAMED = {
    "users": (
        AUDITED.format("user"),
        "SELECT max(user_id) FROM audit_entries",
        "SELECT max(user_id) FROM idempotency_keys",
        "SELECT max(requested_by) FROM task_runs",
        "SELECT max(user_id) FROM alert_events",
    ),
    "api_tokens": (AUDITED.format("token"),),
    "monitors": (
        IN_PARAMS.format("monitor_id"),
        "SELECT max(monitor_id) FROM task_runs",
        # The keys of what a monitor posted are under its id, negated.
        "SELECT -min(user_id) FROM idempotency_keys",
        "SELECT max(CAST(substr(scope, 9) AS INTEGER)) FROM score_samples WHERE scope LIKE 'monitor:%'",
    ),
    "hosts": (AUDITED.format("host"), IN_PARAMS.format("host_id")),
    "items": (AUDITED.format("item"), IN_PARAMS.format("item_id"), "SELECT max(item_id) FROM item_values"),
    "alerts": (
        "SELECT max(CAST(json_each.value AS INTEGER)) FROM task_runs, json_each(params, '$.alert_ids')"
        " WHERE task_runs.type = 'acknowledge_alert'",
    ),
    "notifications": (IN_PARAMS.format("notification_id"),),
}
"""What outlives a row and still names its id."""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    # What has AUTOINCREMENT is counted in a table that SQLite makes with the first of them.
    connection.exec_driver_sql("CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    connection.exec_driver_sql("DROP TABLE counted")
    rewrite(connection, KEY, r"PRIMARY KEY (\1 AUTOINCREMENT)")
    for table in TABLES:
        newest = [f"SELECT max(id) FROM {table}", *NAMED.get(table, ())]  # noqa: S608
        ids = [connection.exec_driver_sql(statement).scalar() for statement in newest]
        sequence = {"name": table, "seq": max((found for found in ids if found is not None), default=0)}
        connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), sequence)


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    rewrite(connection, COUNTED_KEY, r"PRIMARY KEY (\1)")
    for table in TABLES:
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table})


def rewrite(connection: sa.Connection, key: re.Pattern[str], wanted: str) -> None:
    """Write the primary keys of the tables otherwise. Raises RuntimeError, before it is kept, when one cannot be."""
    find = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name")
    change = sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :name")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        for table in TABLES:
            sql, count = key.subn(wanted, connection.execute(find, {"name": table}).scalar_one())
            if count != 1:
                raise RuntimeError(f"the primary key of {table} is not written as this migration knows it")
            connection.execute(change, {"name": table, "sql": sql})
        # Others read the schema anew when its version is another one.
        connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    finally:
        # And this connection does so now.
        connection.exec_driver_sql("PRAGMA writable_schema = RESET")
