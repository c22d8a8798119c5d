"""The operations of the conformance test on a connector, by name, so that another process can run them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from app.connectors.base import Connector, HostEdit, ItemEdit, NewHost, NewItem
from app.errors import SourceError

MAX_PAGES = 2_000
"""Further pages of a larger source are not read."""
HOST_EDIT = HostEdit("nagare-test", "nagare-test", "", enabled=False)
ITEM_EDIT = ItemEdit("nagare-test", "", enabled=False, interval="1m", units="")
WRITES: Mapping[str, Callable[[Connector], object]] = {
    "update_host": lambda connector: connector.update_host("nagare-test", HOST_EDIT),
    "update_item": lambda connector: connector.update_item("nagare-test", ITEM_EDIT),
    "create_host": lambda connector: connector.create_host(NewHost(HOST_EDIT, None, ())),
    "create_item": lambda connector: connector.create_item("nagare-test", NewItem(ITEM_EDIT, "nagare.test", "text")),
    "acknowledge_alert": lambda connector: connector.acknowledge_alert("nagare-test", ""),
}


def _hosts(connector: Connector, external_ids: Sequence[str] | None = None) -> list[Any]:
    return _first(connector.hosts(external_ids))


def _items(connector: Connector, host_external_ids: Sequence[str]) -> list[Any]:
    return _first(connector.items(host_external_ids))


def _alerts(connector: Connector) -> list[Any]:
    return _first(connector.alerts())


def _first(pages: Iterable[Any]) -> list[Any]:
    return list(islice(pages, MAX_PAGES))


def _history(connector: Any, item: tuple[str, str, str], after: datetime, before: datetime, by_hour: bool) -> list[Any]:
    return _first(connector.history(*item, after, before, by_hour=by_hour))


def _close(connector: Connector) -> None:
    """Close it twice; the context manager around every operation closes it a third time."""
    connector.check()
    connector.close()
    connector.close()


def _write(connector: Connector) -> dict[str, str]:
    """Call every writing method that the source does not support; return the error codes by method."""
    supported = ("acknowledge_alert",) if getattr(connector, "acknowledges", False) else ()
    return {name: _code_of(write, connector) for name, write in WRITES.items() if name not in supported}


def _code_of(write: Callable[[Connector], object], connector: Connector) -> str:
    try:
        write(connector)
    except SourceError as error:
        return error.code
    return "no error"


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "construct": lambda _connector: None,
    "check": lambda connector: connector.check(),
    "hosts": _hosts,
    "items": _items,
    "item": lambda connector, host_external_id, external_id: connector.item(host_external_id, external_id),
    "alerts": _alerts,
    "history": _history,
    "close": _close,
    "write": _write,
}
"""Each takes a connector and returns its result, pages as a list."""
