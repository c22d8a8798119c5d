"""What traces and metrics tell of a connector's pages."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast, get_origin, get_type_hints

import pytest

from app import tracing
from app.connectors.base import Connector, HasHistory, HostPage
from app.services.inventory.observed_connector import PAGED, observed
from tests.acceptance.otlp import Collector

PAGES = [HostPage([], total=0), HostPage([], total=0)]


class Yields:
    """A connector that is a generator of its pages."""

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        yield from PAGES


class Returns:
    """A connector that returns an iterator, as one that reads its pages in threads does."""

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        return iter(PAGES)


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    tracing.start(collector.url, "test")
    yield collector
    tracing.stop()
    collector.close()


@pytest.mark.parametrize("make", [Yields, Returns])
def test_each_page_and_the_end_is_one_span(collector: Collector, make: Callable[[], object]) -> None:
    assert list(observed(cast(Connector, make()), 7).hosts()) == PAGES
    tracing.stop()
    assert [span.name for span in collector.spans()] == ["monitor hosts"] * 3


def test_every_operation_that_returns_an_iterator_is_known_as_paged() -> None:
    members: dict[str, Any] = {**vars(Connector), **vars(HasHistory)}
    public = {name: member for name, member in members.items() if callable(member) and not name.startswith("_")}
    assert {name for name in public if get_origin(get_type_hints(public[name])["return"]) is Iterator} == PAGED
