"""What matching events with routes needs of those who page people."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from app.rules.response.notifications import Change


class Pager(Protocol):
    """Pages people for what routes take that end at an escalation or a team."""

    def page(self, connection: Connection, route: Mapping[Any, Any], changes: Sequence[Change]) -> dict[int, int]:
        """Open a page for these changes, or let them join one; return the pages by the events' ids.

        `route` is the whole row. The caller writes the decisions, as pending and with the page, in the same
        transaction. An event that has no page concerns nobody who is paged: its alert was over at once, or nobody was
        paged for it; its decision is `dropped` with the code `nobody_paged`.
        """

    def publish(self) -> None:
        """Publish the tasks that `page` recorded. To be called after the commit."""
