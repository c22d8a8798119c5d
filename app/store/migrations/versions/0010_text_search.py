"""An index of the texts of items and alerts, and what says which rows it does not know as they are.

Where the database cannot have such an index (no pg_trgm and no right to create it, an old SQLite) there is none, and
searches read the rows. A later migration that makes a table of `COLUMNS` anew must make its triggers anew.
"""

from contextlib import nullcontext

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = {"items": ("name", "key", "description"), "alerts": ("message", "comment")}
INDEXES = {"items": "item_texts", "alerts": "alert_texts"}


def create_index(dialect: str, name: str) -> list[str]:
    """Return what makes the index of a table."""
    if dialect == "sqlite":
        # Which text is where in a row is looked up in the row: the index is then a third of the size.
        options = "tokenize = 'trigram', detail = 'none', columnsize = 0"
        return [f"CREATE VIRTUAL TABLE {name} USING fts5(text, {options})"]
    return [
        f"CREATE TABLE {name} (id bigint PRIMARY KEY, text text NOT NULL)",
        f"CREATE INDEX ix_{name}_text ON {name} USING gin (text gin_trgm_ops)",
    ]


def sqlite_triggers(table: str) -> list[str]:
    """Return what makes SQLite note the rows whose text changes."""
    note = f"INSERT INTO stale_texts (kind, row_id) VALUES ('{table}', {{}}.id)"  # noqa: S608
    differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in COLUMNS[table])
    changes = {
        "insert": ("INSERT", "", "NEW"),
        "delete": ("DELETE", "", "OLD"),
        "update": (f"UPDATE OF {', '.join(COLUMNS[table])}", f"WHEN {differs} ", "NEW"),
    }
    return [
        f"CREATE TRIGGER stale_texts_{table}_{name} AFTER {change} ON {table} {when}BEGIN {note.format(row)}; END"
        for name, (change, when, row) in changes.items()
    ]


def postgresql_triggers(table: str) -> list[str]:
    """Return what makes PostgreSQL do so: many rows that come or go at once are one change."""
    old, new = (", ".join(f"{row}.{name}" for name in COLUMNS[table]) for row in ("OLD", "NEW"))
    triggers = {
        "insert": "AFTER INSERT ON {} REFERENCING NEW TABLE AS changed_texts FOR EACH STATEMENT {} stale_texts_many()",
        "delete": "AFTER DELETE ON {} REFERENCING OLD TABLE AS changed_texts FOR EACH STATEMENT {} stale_texts_many()",
        "update": f"AFTER UPDATE OF {', '.join(COLUMNS[table])} ON {{}} FOR EACH ROW"
        f" WHEN (({old}) IS DISTINCT FROM ({new})) {{}} stale_texts_one()",
    }
    return [
        f"CREATE TRIGGER stale_texts_{table}_{name} {trigger.format(table, 'EXECUTE FUNCTION')}"
        for name, trigger in triggers.items()
    ]


def postgresql_functions() -> list[str]:
    """Return what the triggers call."""
    bodies = {
        "many": "SELECT TG_TABLE_NAME, id FROM changed_texts",
        "one": "VALUES (TG_TABLE_NAME, NEW.id)",
    }
    return [
        f"CREATE FUNCTION stale_texts_{name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN INSERT INTO stale_texts (kind, row_id) {body}; RETURN NULL; END $$"
        for name, body in bodies.items()
    ]


def is_index_possible(connection: sa.Connection, dialect: str) -> bool:
    """Make what the indexes need; false when the database or our rights in it do not allow it."""
    if dialect == "sqlite":
        needed = ["CREATE VIRTUAL TABLE probe_texts USING fts5(text, tokenize = 'trigram')", "DROP TABLE probe_texts"]
    else:
        needed = ["CREATE EXTENSION IF NOT EXISTS pg_trgm"]
    try:
        with connection.begin_nested():
            for statement in needed:
                connection.exec_driver_sql(statement)
    except DBAPIError:
        return False
    return True


def fill(table: str) -> str:
    """Return what notes all rows that are there, of which some may be noted already."""
    return f"INSERT INTO stale_texts (kind, row_id) SELECT '{table}', id FROM {table}"  # noqa: S608


def upgrade() -> None:
    connection = op.get_bind()
    dialect = connection.dialect.name
    if dialect == "postgresql":
        # What a try has left that was interrupted while it filled.
        drop_everything(dialect)
    op.create_table(
        "stale_texts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("row_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stale_texts"),
    )
    if not is_index_possible(connection, dialect):
        return
    triggers = sqlite_triggers if dialect == "sqlite" else postgresql_triggers
    statements = [] if dialect == "sqlite" else postgresql_functions()
    for table, index in INDEXES.items():
        statements += [*create_index(dialect, index), *triggers(table)]
    for statement in statements:
        connection.exec_driver_sql(statement)
    # After the triggers, so that no row passes by that somebody else writes meanwhile; on PostgreSQL after a commit,
    # since until then nobody else can write.
    with nullcontext() if dialect == "sqlite" else op.get_context().autocommit_block():
        for table in INDEXES:
            op.execute(fill(table))


def downgrade() -> None:
    drop_everything(op.get_bind().dialect.name)


def drop_everything(dialect: str) -> None:
    """Drop what there is of it."""
    for table, index in INDEXES.items():
        for change in ("insert", "delete", "update"):
            place = "" if dialect == "sqlite" else f" ON {table}"
            op.execute(f"DROP TRIGGER IF EXISTS stale_texts_{table}_{change}{place}")
        op.execute(f"DROP TABLE IF EXISTS {index}")
    if dialect == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS stale_texts_many(), stale_texts_one()")
    op.drop_table("stale_texts", if_exists=True)
