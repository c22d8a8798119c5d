"""The statements of failed sign-ins."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, case, delete, func, select, update

from app.models import LoginThrottle
from app.store.upsert import dialect_insert

THROTTLES = LoginThrottle.__table__.c


def blocked_until(connection: Connection, subjects: Sequence[str]) -> datetime | None:
    """Return the last moment until which one of the subjects is blocked."""
    statement = select(THROTTLES.blocked_until).where(
        THROTTLES.subject.in_(subjects), THROTTLES.blocked_until.is_not(None)
    )
    return max(connection.execute(statement).scalars(), default=None)


def add_failure(connection: Connection, subject: str, now: datetime, unless_before: datetime) -> int:
    """Count one more failure of a subject and return how many in a row there are: one if the last was long before."""
    insert_ = dialect_insert(connection, LoginThrottle)
    failures = case((THROTTLES.last_failed_at < unless_before, 1), else_=THROTTLES.failures + 1)
    row = {"subject": subject, "failures": 1, "last_failed_at": now}
    changes = {"failures": failures, "last_failed_at": now}
    statement = insert_.values(row).on_conflict_do_update(index_elements=["subject"], set_=changes)
    return int(connection.execute(statement.returning(THROTTLES.failures)).scalar_one())


def block(connection: Connection, subject: str, until: datetime) -> None:
    """Refuse a subject's sign-ins until a moment."""
    connection.execute(update(LoginThrottle).where(THROTTLES.subject == subject).values(blocked_until=until))


def clear(connection: Connection, subject: str) -> None:
    """Forget a subject's failures."""
    connection.execute(delete(LoginThrottle).where(THROTTLES.subject == subject))


def count(connection: Connection) -> int:
    """Count the subjects."""
    return int(connection.execute(select(func.count()).select_from(LoginThrottle)).scalar_one())


def trim(connection: Connection, most: int) -> None:
    """Keep the table small: with more than `most` subjects, forget a tenth, those that failed least and longest ago."""
    if count(connection) > most:
        order = (THROTTLES.failures.desc(), THROTTLES.last_failed_at.desc())
        kept = select(THROTTLES.subject).order_by(*order).limit(most - most // 10)
        connection.execute(delete(LoginThrottle).where(THROTTLES.subject.not_in(kept)))


def prune(connection: Connection, failed_before: datetime) -> None:
    """Delete what nobody counts on any more."""
    connection.execute(delete(LoginThrottle).where(THROTTLES.last_failed_at < failed_before))
