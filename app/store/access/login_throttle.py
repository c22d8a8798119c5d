"""Statements on failed sign-ins."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, case, delete, func, literal, select, update

from app.models import LoginThrottle
from app.store.database.dialects import dialect_insert

THROTTLES = LoginThrottle.__table__.c


def blocked(connection: Connection, subjects: Sequence[str], now: datetime) -> Mapping[str, datetime]:
    """Return the blocked ones of the subjects, each with the end of its block."""
    statement = select(THROTTLES.subject, THROTTLES.blocked_until).where(
        THROTTLES.subject.in_(subjects), THROTTLES.blocked_until > now
    )
    return {subject: until for subject, until in connection.execute(statement) if until is not None}


def add_failures(
    connection: Connection, subjects: Sequence[str], now: datetime, unless_before: datetime
) -> Sequence[Row[str, int, datetime | None]]:
    """Count one more failure of each subject that is not blocked; the rows stay locked until the transaction ends.

    Return each subject, its failures in a row (one if the last was long ago), and the end of its current or last block.
    """
    # In one order, or two attempts could deadlock.
    rows = [{"subject": subject, "failures": 1, "last_failed_at": now} for subject in sorted(subjects)]
    is_blocked = THROTTLES.blocked_until > now
    is_old = THROTTLES.last_failed_at < unless_before
    failures = case((is_blocked, THROTTLES.failures), (is_old, 1), else_=THROTTLES.failures + 1)
    last_failed_at = case((is_blocked, THROTTLES.last_failed_at), else_=literal(now, THROTTLES.last_failed_at.type))
    statement = (
        dialect_insert(connection, LoginThrottle)
        .values(rows)
        .on_conflict_do_update(
            index_elements=["subject"], set_={"failures": failures, "last_failed_at": last_failed_at}
        )
    )
    counted = statement.returning(THROTTLES.subject, THROTTLES.failures, THROTTLES.blocked_until)
    return connection.execute(counted).all()


def take_free(connection: Connection, subject: str, now: datetime, until: datetime) -> bool:
    """Block a subject until a time unless it is blocked; return whether it was not blocked before."""
    row = {"subject": subject, "failures": 0, "last_failed_at": now, "blocked_until": until}
    statement = (
        dialect_insert(connection, LoginThrottle)
        .values(row)
        .on_conflict_do_update(
            index_elements=["subject"],
            set_={"blocked_until": until, "last_failed_at": now},
            where=THROTTLES.blocked_until <= now,
        )
    )
    return connection.execute(statement.returning(THROTTLES.subject)).first() is not None


def block(connection: Connection, subject: str, until: datetime) -> None:
    """Block a subject's sign-ins until a time."""
    connection.execute(update(LoginThrottle).where(THROTTLES.subject == subject).values(blocked_until=until))


def take_failure_back(connection: Connection, subject: str, blocked_until: datetime | None) -> None:
    """Count one failure less, and lift the block if it is still the one that ends at `blocked_until`."""
    until = THROTTLES.blocked_until
    left = case((until == blocked_until, None), else_=until) if blocked_until else until
    is_counted = (THROTTLES.subject == subject, THROTTLES.failures > 0)
    connection.execute(
        update(LoginThrottle).where(*is_counted).values(failures=THROTTLES.failures - 1, blocked_until=left)
    )


def clear(connection: Connection, subject: str) -> None:
    """Delete a subject's failures."""
    connection.execute(delete(LoginThrottle).where(THROTTLES.subject == subject))


def count(connection: Connection) -> int:
    """Return the number of subjects."""
    return int(connection.execute(select(func.count()).select_from(LoginThrottle)).scalar_one())


def trim(connection: Connection, most: int) -> None:
    """Keep the table small: above `most` subjects, delete the tenth with the fewest and oldest failures."""
    surplus = count(connection) - most
    if surplus > 0:
        order = (THROTTLES.failures, THROTTLES.last_failed_at)
        least = select(THROTTLES.subject).order_by(*order).limit(surplus + most // 10)
        # Skip rows that another attempt is counting: the two could deadlock.
        gone = least.with_for_update(skip_locked=True)
        connection.execute(delete(LoginThrottle).where(THROTTLES.subject.in_(gone)))


def prune(connection: Connection, failed_before: datetime) -> None:
    """Delete failures that no longer count."""
    connection.execute(delete(LoginThrottle).where(THROTTLES.last_failed_at < failed_before))
