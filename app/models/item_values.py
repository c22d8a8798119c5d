"""What items' values were, for as long as people look back."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Float, Integer, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)


class EpochMilliseconds(TypeDecorator[datetime]):
    """A moment, stored as a number: on SQLite a table of many moments is half as large as with their texts."""

    impl = BigInteger
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """The type of its values."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Refuse a naive moment; what is shorter than a millisecond is cut off."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return (value - EPOCH) // MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in UTC."""
        return None if value is None else EPOCH + value * MILLISECOND


class ItemValue(Base):
    """One numeric value of an item.

    The values of an hour lie together, an item's in a row: each pull writes into few pages, a look back reads one place
    an hour, and what is too old is one piece. A foreign key would need an index by item that every pull pays for, ten
    times as dear: whoever deletes items deletes their values.
    """

    __tablename__ = "item_values"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hour: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """The whole hours of `at` since 1970."""
    item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(EpochMilliseconds, primary_key=True, autoincrement=False)
    value: Mapped[float] = mapped_column(Float)


def hour_of(moment: datetime) -> int:
    """Return the `hour` of a moment."""
    return (moment - EPOCH) // HOUR
