"""What matching events with routes needs of those who page people."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection

from app.rules.response.notifications import Change


class Pager(Protocol):
    """Pages people for what routes take that end at an escalation or a team."""

    def page(
        self, connection: Connection, taken: Sequence[tuple[Mapping[Any, Any], Sequence[Change]]]
    ) -> dict[tuple[int, int], int]:
        """Open pages for what routes take, or let it join open ones; return the pages by route and event.

        `taken` has whole rows of routes, each with its changes. The caller writes the decisions, as pending and with
        the page, in the same transaction. An event that has no page concerns nobody who is paged: its alert was over
        at once, or nobody was paged for it; its decision is `dropped` with the code `nobody_paged`.
        """

    def publish(self) -> None:
        """Publish the tasks that `page` recorded. To be called after the commit."""
