"""Recent values of items, and hourly summaries of older ones."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Float, Integer, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
HOURS_A_DAY = 24


class EpochMilliseconds(TypeDecorator[datetime]):
    """A time stored as a number: on SQLite, a table with many times is half as large as with texts."""

    impl = BigInteger
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """The type of the values."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Reject a naive time; truncate to milliseconds."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return (value - EPOCH) // MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time in UTC."""
        return None if value is None else EPOCH + value * MILLISECOND


class ItemValue(Base):
    """One numeric value of an item.

    Values of the same hour are stored together, those of one item in a row: each pull writes few pages, reading an
    item's history touches one place per hour, and old values are one piece. A foreign key would need an index by item,
    which makes every pull ten times as expensive: so deleting items must delete their values explicitly.
    """

    __tablename__ = "item_values"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hour: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """`at` in whole hours since 1970."""
    item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(EpochMilliseconds, primary_key=True, autoincrement=False)
    value: Mapped[float] = mapped_column(Float)


class ValueSummary(Base):
    """What the values of an item were in one hour.

    Summaries of the same day are stored together, those of one item in a row: deleting the oldest touches one end, and
    90 days of an item are in 90 places. There is no foreign key, for the reason of `ItemValue`.
    """

    __tablename__ = "value_summaries"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """`hour` in whole days since 1970."""
    item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hour: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """In whole hours since 1970."""
    count: Mapped[int]
    lowest: Mapped[float] = mapped_column(Float)
    highest: Mapped[float] = mapped_column(Float)
    total: Mapped[float] = mapped_column(Float)
    """The sum of the values."""
    last: Mapped[float] = mapped_column(Float)


def hour_of(moment: datetime) -> int:
    """Return the `hour` of a time."""
    return (moment - EPOCH) // HOUR
