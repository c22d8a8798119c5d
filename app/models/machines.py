"""Machines: hosts of several monitors that are one, what tells it, and what people decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import JSON_OBJECT, NEVER_REUSED, Base, Moment


class Machine(Base):
    """What two or more hosts are; with fewer it dissolves."""

    __tablename__ = "machines"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)


class MachineHost(Base):
    """That a host is part of a machine, and why."""

    __tablename__ = "machine_hosts"
    __table_args__ = (Index("ix_machine_hosts_machine_id", "machine_id"),)

    host_id: Mapped[int] = mapped_column(
        ForeignKey("hosts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    machine_id: Mapped[int] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"))
    way: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(Text)
    """The equal identity, like `fqdn web-1.example.com`, or who joined them."""
    joined_at: Mapped[datetime] = mapped_column(Moment)


class HostIdentity(Base):
    """A name, address or id of a host, by which hosts of other monitors may be the same machine."""

    __tablename__ = "host_identities"
    __table_args__ = (Index("ix_host_identities_host_id", "host_id"), {"sqlite_with_rowid": False})

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(String(255), primary_key=True)
    host_id: Mapped[int] = mapped_column(
        ForeignKey("hosts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


class MachineDecline(Base):
    """That a person said that two hosts, `host_a` the one with the lower id, are not one machine."""

    __tablename__ = "machine_declines"
    __table_args__ = (Index("ix_machine_declines_host_b", "host_b"),)

    host_a: Mapped[int] = mapped_column(
        ForeignKey("hosts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    host_b: Mapped[int] = mapped_column(
        ForeignKey("hosts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    username: Mapped[str] = mapped_column(String(64))
    declined_at: Mapped[datetime] = mapped_column(Moment)


class MachineSettings(Base):
    """The one row of settings: what differs from the defaults. Without it, no host has identities yet."""

    __tablename__ = "machine_settings"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[dict[str, Any]] = mapped_column(JSON_OBJECT)
    """By kind of identity: `mode` and `labels`."""
    faults: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """The classes of faults with their words, in order; None for the defaults."""
    identified_up_to: Mapped[int | None]
    """The hosts up to this id have identities by these rules; None once all have."""
