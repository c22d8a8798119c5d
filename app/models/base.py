"""The base of all tables: metadata with named constraints, and times that are always UTC."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Index, Integer, MetaData, TypeDecorator, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


NEVER_REUSED = {"sqlite_autoincrement": True}
"""For tables whose ids are visible outside: a deleted row's id must never refer to another row."""


JSON_OBJECT = JSON().with_variant(JSONB, "postgresql")
"""For objects that statements look into."""


class Moment(TypeDecorator[datetime]):
    """A time with its zone, stored as UTC.

    SQLite drops the zone of a datetime: without this type it would return naive times and PostgreSQL aware ones, and
    comparing the two raises.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """The type of the values."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Reject a naive time; convert it to UTC for SQLite."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Restore the time zone."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def listing_index(name: str, condition: str, *columns: str) -> Index:
    """Return an index for the statements that contain its condition.

    SQLite would use an index without a condition for other statements too, in place of better ones.
    """
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


class Base(DeclarativeBase):
    """The base class of all tables.

    Ids are 64 bits wide: PostgreSQL draws a new id for every row of an upsert, also for existing rows, so pulling a
    million items every five minutes would exhaust 32 bits within a week. SQLite's own ids need `INTEGER`.
    """

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {int: BigInteger().with_variant(Integer, "sqlite")}  # noqa: RUF012
