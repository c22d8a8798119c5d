"""The monitors that nagare connects to."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, SmallInteger, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NEVER_REUSED, Base, Moment


class Monitor(Base):
    """One Zabbix, Prometheus or simulated system, with its encrypted credentials."""

    __tablename__ = "monitors"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    type: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(Text)
    username: Mapped[str | None] = mapped_column(String(200))
    password_sealed: Mapped[str | None] = mapped_column(Text)
    api_token_sealed: Mapped[str | None] = mapped_column(Text)
    ca_pem: Mapped[str | None] = mapped_column(Text)
    """Its own certificate authorities, instead of the system's."""
    verify: Mapped[bool] = mapped_column(server_default=true())
    """Whether its certificate is checked."""
    client_cert_pem: Mapped[str | None] = mapped_column(Text)
    client_key_pem_sealed: Mapped[str | None] = mapped_column(Text)
    headers_sealed: Mapped[str | None] = mapped_column(Text)
    """Additional headers of each request, as a JSON object."""
    http_username: Mapped[str | None] = mapped_column(String(200))
    """The user of the HTTP basic authentication in front of its own sign-in."""
    http_password_sealed: Mapped[str | None] = mapped_column(Text)
    proxy_url_sealed: Mapped[str | None] = mapped_column(Text)
    timeout_s: Mapped[int | None]
    """How long one request may take; None for the default."""
    enabled: Mapped[bool] = mapped_column(default=True)
    max_parallel_tasks: Mapped[int] = mapped_column(SmallInteger, default=4, server_default="4")
    """How many of its tasks may run in parallel, so that one slow monitor does not occupy all slots."""
    acknowledge_at_source: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether acknowledging an alert here also acknowledges it at the monitor, if that is writable."""
    webhook_token_hash: Mapped[str | None] = mapped_column(String(64), index=True, unique=True)
    severities: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Its own entries of the severity table: `words` by the source's word, and `unknown`; None for the defaults."""
    mapping: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """How a monitor of type `webhook` turns bodies into reports."""
    alertmanager_urls: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    """The Alertmanagers of a Prometheus, asked for silences and inhibitions."""
    watchdogs: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    """Names of alerts whose absence is the alarm."""
    stale_after_s: Mapped[int | None]
    """After how long without a report an open alert is stale; None for a time that fits the source."""
    resolve_stale_after_s: Mapped[int | None]
    """How long a stale alert stays open before it is resolved; None for the default."""
    ha_group: Mapped[str | None] = mapped_column(String(100), index=True)
    """Monitors with the same name here watch the same things, and share their alerts."""
    ha_ignored_labels: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    """Labels in which the monitors of its HA group differ: they do not identify an alert."""
    truncated_alerts: Mapped[int] = mapped_column(server_default="0")
    """How many alerts its Alertmanager left out of its requests (`max_alerts`)."""
    truncated_at: Mapped[datetime | None] = mapped_column(Moment)
    refused_alerts: Mapped[int] = mapped_column(server_default="0")
    """How many alerts of its requests were refused, each alone."""
    refused_at: Mapped[datetime | None] = mapped_column(Moment)
    last_refusal: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16), default="unknown")
    last_error: Mapped[str | None] = mapped_column(Text)
    unreadable_hosts: Mapped[int] = mapped_column(server_default="0")
    """How many hosts the last pull of items could not read."""
    unreadable_reason: Mapped[str | None] = mapped_column(Text)
    """Why it could not read the first of them."""
    last_pulled_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
