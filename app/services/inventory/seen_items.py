"""Which items of a host are gone, when the host's items come in several pages, or a page may lack some."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from app.connectors.base import ItemPage
from app.store.inventory import pulled_items
from app.store.inventory.pulled_items import Difference, Identity, PulledItem


class SeenItems:
    """Remembers the items of one host from its first page to its last."""

    def __init__(self) -> None:
        self._seen = set[int]()
        """Hashes of external ids: there may be hundreds of thousands, and of those two have an equal one in practice
        never."""
        self._is_continued = False
        self._is_partial = False

    def compare(
        self,
        connection: Connection,
        page: ItemPage,
        host_ids: Collection[int],
        rows: Mapping[Identity, PulledItem],
    ) -> Difference:
        """Return the differences of a page; what is gone is known at the last page of a host."""
        if not page.continues and not self._is_continued:
            found = pulled_items.compare(connection, host_ids, rows)
            return replace(found, gone=()) if page.is_partial else found
        self._seen.update(hash(external_id) for _, external_id in rows)
        self._is_partial = self._is_partial or page.is_partial
        found = Difference(rows, {}, ())
        for host_id in host_ids:
            found = pulled_items.compare_some(connection, host_id, rows)
            found = replace(found, gone=self._gone(connection, page, host_id))
        self._is_continued = page.continues
        if not page.continues:
            self._seen, self._is_partial = set(), False
        return found

    def _gone(self, connection: Connection, page: ItemPage, host_id: int) -> Sequence[int]:
        if page.continues or self._is_partial:
            return ()
        return pulled_items.gone_but_for(connection, host_id, lambda external_id: hash(external_id) in self._seen)
