"""Statements of the wallboard."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from app.models import Host

HOSTS = Host.__table__.c


def hosts_by_status(connection: Connection, monitor_id: int | None) -> dict[int, int]:
    """Return the number of hosts of each status, without archived ones."""
    wanted = [HOSTS.archived_at.is_(None), *([HOSTS.monitor_id == monitor_id] if monitor_id is not None else [])]
    rows = connection.execute(select(HOSTS.status, func.count()).where(*wanted).group_by(HOSTS.status))
    return {int(status): int(count) for status, count in rows}


def names_of(connection: Connection, monitor_id: int | None, status: int, limit: int) -> Sequence[str]:
    """Return the names of some hosts of a status."""
    wanted = [HOSTS.archived_at.is_(None), HOSTS.status == status]
    if monitor_id is not None:
        wanted.append(HOSTS.monitor_id == monitor_id)
    statement = select(HOSTS.display_name).where(*wanted).order_by(HOSTS.id).limit(limit)
    return connection.execute(statement).scalars().all()
