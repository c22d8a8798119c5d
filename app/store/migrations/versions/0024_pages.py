"""Teams, channels, rotas, escalations, pages, and what became of each alert event.

Each notification becomes a route at the top that ends at a channel of its own; the routes after it are asked too.
Its address is copied, not moved: the previous release still reads it.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.store.migrations.online import create_index

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
SCHEDULED = "state = 'queued' AND next_run_at IS NOT NULL"
UNSETTLED = "state IN ('waiting', 'sending')"
ROUTES = "notifications"
REFERENCES = {"parent_id": ROUTES, "channel_id": "channels", "escalation_id": "escalations", "team_id": "teams"}
ASSIGNED = "outcome = 'pending' AND task_id IS NOT NULL"
TABLES = (
    *("alert_decisions", "page_deliveries", "pages", "escalations", "rota_overrides", "rotas"),
    *("contact_rules", "channels", "team_members", "teams"),
)
CHANNELS_OF_NOTIFICATIONS = """
    INSERT INTO channels
        (name, kind, url_sealed, service, language, timezone, delivery, enabled, code_failures, created_at,
         last_sent_at, last_error)
    SELECT name, 'apprise', url_sealed, '', language, timezone, 'at_most_once', true, 0, created_at,
        last_sent_at, last_error
    FROM notifications
"""
ROUTES_OF_NOTIFICATIONS = """
    UPDATE notifications SET position = id,
        channel_id = (SELECT id FROM channels WHERE channels.name = notifications.name AND channels.user_id IS NULL)
"""


def upgrade() -> None:
    create_index("ix_task_runs_scheduled", "task_runs", ["next_run_at"], SCHEDULED)
    _create_people()
    _create_rotas()
    _create_pages()
    op.add_column("alert_events", sa.Column("is_suppressed", sa.Boolean(), server_default=sa.false(), nullable=False))
    _extend_routes()
    op.execute(CHANNELS_OF_NOTIFICATIONS)
    op.execute(ROUTES_OF_NOTIFICATIONS)
    _create_decisions()


def downgrade() -> None:
    for name in ("team_id", "escalation_id", "channel_id", "parent_id_position"):
        op.drop_index(f"ix_notifications_{name}", ROUTES)
    # The previous release knows only notifications that end at an address of their own.
    op.execute("DELETE FROM notifications WHERE target <> 'channel' OR parent_id IS NOT NULL")
    op.execute(
        "UPDATE notifications SET url_sealed = (SELECT url_sealed FROM channels WHERE id = channel_id)"
        " WHERE channel_id IS NOT NULL"
    )
    for name in ("group_by", *reversed(REFERENCES), "target", "continues", "position"):
        op.execute(f"ALTER TABLE notifications DROP COLUMN {name}")
    op.drop_column("alert_events", "is_suppressed")
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_task_runs_scheduled", "task_runs")


def _create_people() -> None:
    _create(
        "teams",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("name", name=op.f("uq_teams_name")),
    )
    op.create_table(
        "team_members",
        _reference("team_members", "team_id", "teams", "CASCADE"),
        _reference("team_members", "user_id", "users", "CASCADE"),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_team_members")),
    )
    op.create_index("ix_team_members_user_id", "team_members", ["user_id"])
    _create(
        "channels",
        sa.Column("name", sa.String(200), nullable=False),
        _reference("channels", "user_id", "users", "CASCADE", nullable=True),
        _reference("channels", "team_id", "teams", "SET NULL", nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("url_sealed", sa.Text(), nullable=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.Column("code_sealed", sa.Text(), nullable=True),
        sa.Column("code_sent_at", MOMENT, nullable=True),
        sa.Column("code_failures", sa.SmallInteger(), nullable=False),
        sa.Column("last_sent_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("ix_channels_user_id_name", "channels", ["user_id", "name"], unique=True)
    _index("ix_channels_shared_name", "channels", ["name"], "user_id IS NULL", unique=True)
    op.create_index("ix_channels_team_id", "channels", ["team_id"])
    _create(
        "contact_rules",
        _reference("contact_rules", "user_id", "users", "CASCADE"),
        _reference("contact_rules", "channel_id", "channels", "CASCADE"),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("after_s", BIG, nullable=False),
        sa.Column("min_severity", sa.SmallInteger(), nullable=False),
        sa.Column("quiet_from", sa.String(5), nullable=True),
        sa.Column("quiet_until", sa.String(5), nullable=True),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("wake_severity", sa.SmallInteger(), nullable=True),
    )
    op.create_index("ix_contact_rules_user_id_position", "contact_rules", ["user_id", "position"])
    op.create_index("ix_contact_rules_channel_id", "contact_rules", ["channel_id"])


def _create_rotas() -> None:
    _create(
        "rotas",
        sa.Column("name", sa.String(200), nullable=False),
        _reference("rotas", "team_id", "teams", "SET NULL", nullable=True),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("layers", sa.JSON(), nullable=False),
        sa.Column("holidays", sa.Text(), nullable=True),
        sa.Column("calendar_token_hash", sa.String(64), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("name", name=op.f("uq_rotas_name")),
        sa.UniqueConstraint("calendar_token_hash", name=op.f("uq_rotas_calendar_token_hash")),
    )
    op.create_index("ix_rotas_team_id", "rotas", ["team_id"])
    _create(
        "rota_overrides",
        _reference("rota_overrides", "rota_id", "rotas", "CASCADE"),
        _reference("rota_overrides", "user_id", "users", "CASCADE"),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_rota_overrides_order")),
    )
    op.create_index("ix_rota_overrides_rota_id_ends_at", "rota_overrides", ["rota_id", "ends_at"])
    op.create_index("ix_rota_overrides_user_id", "rota_overrides", ["user_id"])


def _create_pages() -> None:
    _create(
        "escalations",
        sa.Column("name", sa.String(200), nullable=False),
        _reference("escalations", "team_id", "teams", "SET NULL", nullable=True),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("repeats", sa.SmallInteger(), nullable=False),
        sa.Column("acknowledgement_s", BIG, nullable=True),
        sa.Column("fallback", sa.JSON(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("name", name=op.f("uq_escalations_name")),
    )
    op.create_index("ix_escalations_team_id", "escalations", ["team_id"])
    _create(
        "pages",
        _reference("pages", "route_id", ROUTES, "SET NULL", nullable=True),
        sa.Column("route_name", sa.String(200), nullable=False),
        _reference("pages", "escalation_id", "escalations", "SET NULL", nullable=True),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("group_key", sa.String(200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("step_task_id", sa.String(80), nullable=True),
        sa.Column("history", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.String(64), nullable=True),
        sa.Column("acknowledged_until", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('open', 'acknowledged', 'resolved', 'exhausted')", name=op.f("ck_pages_state")),
    )
    _index("ix_pages_open", "pages", ["route_id", "group_key"], "state = 'open'", unique=True)
    _index("ix_pages_unended", "pages", ["id"], "state IN ('open', 'acknowledged')")
    op.create_index("ix_pages_ended_at", "pages", ["ended_at"])
    op.create_index("ix_pages_escalation_id", "pages", ["escalation_id"])
    _create(
        "page_deliveries",
        _reference("page_deliveries", "page_id", "pages", "CASCADE"),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("user_id", BIG, nullable=True),
        sa.Column("username", sa.String(64), nullable=True),
        _reference("page_deliveries", "channel_id", "channels", "SET NULL", nullable=True),
        sa.Column("channel_name", sa.String(200), nullable=False),
        sa.Column("task_id", sa.String(80), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sending_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("repeats", sa.SmallInteger(), nullable=False),
        sa.Column("up_to_decision", BIG, nullable=True),
        sa.Column("receipt", sa.JSON(), nullable=True),
    )
    op.create_index("ix_page_deliveries_page_id", "page_deliveries", ["page_id"])
    op.create_index("ix_page_deliveries_task_id", "page_deliveries", ["task_id"])
    _index("ix_page_deliveries_sent", "page_deliveries", ["channel_id", "ended_at"], "state = 'sent'")
    _index("ix_page_deliveries_unsettled", "page_deliveries", ["channel_id", "due_at"], UNSETTLED)


def _create_decisions() -> None:
    _create(
        "alert_decisions",
        _reference("alert_decisions", "event_id", "alert_events", "CASCADE"),
        _reference("alert_decisions", "alert_id", "alerts", "CASCADE"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("route_id", BIG, nullable=True),
        _reference("alert_decisions", "page_id", "pages", "SET NULL", nullable=True),
        sa.Column("task_id", sa.String(80), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
    )
    op.create_index("ix_alert_decisions_alert_id_id", "alert_decisions", ["alert_id", "id"])
    op.create_index("ix_alert_decisions_event_id_route_id", "alert_decisions", ["event_id", "route_id"])
    op.create_index("ix_alert_decisions_page_id_id", "alert_decisions", ["page_id", "id"])
    _index("ix_alert_decisions_pending", "alert_decisions", ["route_id", "event_id"], "outcome = 'pending'")
    _index("ix_alert_decisions_assigned", "alert_decisions", ["task_id"], ASSIGNED)


def _extend_routes() -> None:
    op.add_column(ROUTES, sa.Column("position", BIG, server_default="0", nullable=False))
    op.add_column(ROUTES, sa.Column("continues", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column(ROUTES, sa.Column("target", sa.String(16), server_default="channel", nullable=False))
    for name, table in REFERENCES.items():
        # SQLite adds a reference only with its column, which Alembic cannot say.
        kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
        constraint = f"CONSTRAINT fk_notifications_{name}_{table} REFERENCES {table} (id)"
        # A monitor is deleted with its routes, and what is below them can match nothing without it.
        constraint += " ON DELETE CASCADE" if name == "parent_id" else ""
        op.execute(f"ALTER TABLE notifications ADD COLUMN {name} {kind} {constraint}")
    op.add_column(ROUTES, sa.Column("group_by", sa.JSON(), server_default="[]", nullable=False))
    op.create_index("ix_notifications_parent_id_position", ROUTES, ["parent_id", "position"])
    for name in ("channel_id", "escalation_id", "team_id"):
        op.create_index(f"ix_notifications_{name}", ROUTES, [name])


def _create(table: str, *columns: Any) -> None:
    key = sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))
    op.create_table(table, sa.Column("id", BIG, nullable=False), *columns, key, sqlite_autoincrement=True)


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _reference(table: str, name: str, other: str, rule: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{other}.id", name=op.f(f"fk_{table}_{name}_{other}"), ondelete=rule)
    return sa.Column(name, BIG, key, autoincrement=False, nullable=nullable)
