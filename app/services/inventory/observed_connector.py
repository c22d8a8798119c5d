"""Wraps a connector to time each call and each page, for metrics and traces."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from app import clock, tracing
from app.connectors.base import Connector
from app.errors import SourceError
from app.metrics import CONNECTOR_DURATION, CONNECTOR_ERRORS

END = object()
PAGED = frozenset({"hosts", "items", "alerts", "history"})
"""The operations whose result is an iterator of pages, which a connector yields itself or has made elsewhere."""


def observed(connector: Connector, monitor_id: int) -> Connector:
    """Return a connector that behaves like the given one and records its calls."""
    return cast(Connector, _ObservedConnector(connector, str(monitor_id)))


class _ObservedConnector:
    """Wraps any connector: it has the same methods as the wrapped one."""

    def __init__(self, connector: Connector, monitor_id: str) -> None:
        self._connector = connector
        self._monitor_id = monitor_id

    def __getattr__(self, operation: str) -> Any:
        """Return the connector's method, timed; other attributes unchanged."""
        attribute = getattr(self._connector, operation)
        if not callable(attribute) or operation == "close":
            return attribute

        def call(*arguments: Any, **named: Any) -> Any:
            if operation in PAGED:
                return self._pages(operation, _begun_by_first_page(attribute, *arguments, **named))
            return self._timed(operation, lambda: attribute(*arguments, **named))

        return call

    def _pages(self, operation: str, pages: Iterator[Any]) -> Iterator[Any]:
        while (page := self._timed(operation, lambda: next(pages, END))) is not END:
            yield page

    def _timed(self, operation: str, call: Callable[[], Any]) -> Any:
        with self._watched(operation) as note:
            answer = call()
            # Reaching the end needs no response of the monitor.
            note.is_answer = answer is not END
        return answer

    @contextmanager
    def _watched(self, operation: str) -> Iterator["_Note"]:
        note = _Note()
        started_at = clock.monotonic()
        try:
            with tracing.span(f"monitor {operation}", {"nagare.monitor_id": self._monitor_id}):
                yield note
        except SourceError as error:
            CONNECTOR_ERRORS.add(self._monitor_id, error.code)
            raise
        finally:
            if note.is_answer:
                CONNECTOR_DURATION.observe(clock.monotonic() - started_at, self._monitor_id, operation)


def _begun_by_first_page(make: Callable[..., Iterator[Any]], *arguments: Any, **named: Any) -> Iterator[Any]:
    """Call `make` when the first page is asked for, so that this is no observation of its own."""
    yield from make(*arguments, **named)


class _Note:
    is_answer = True
