"""A real HTTP server in a thread that answers, or misbehaves, as a test tells it to; a Zabbix on top of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from app.connectors.base import MonitorAccess
from app.connectors.conformance.server import serving
from app.connectors.http.client import HttpSource
from app.connectors.zabbix.connector import ZabbixConnector
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Any], None]], str]]:
    """Return a function that starts a server with that handler and returns its address."""
    with ExitStack() as stack:
        yield lambda respond: stack.enter_context(serving(respond))


@pytest.fixture
def start_zabbix(
    serve: Callable[[Callable[[Any], None]], str],
) -> Iterator[Callable[..., tuple[FakeZabbix, ZabbixConnector]]]:
    """Return a function that starts a Zabbix of a version and a conversation with it."""
    connectors: list[ZabbixConnector] = []

    def start_one(version: str = "6.0.14", **access: Any) -> tuple[FakeZabbix, ZabbixConnector]:
        zabbix = FakeZabbix(version)
        access = access or {"username": "Admin", "password": "zabbix"}
        connectors.append(ZabbixConnector(MonitorAccess(f"{serve(zabbix.respond)}/zabbix", **access)))
        return zabbix, connectors[-1]

    yield start_one
    for connector in connectors:
        connector.close()


@pytest.fixture
def open_source() -> Iterator[Callable[..., HttpSource]]:
    """Return a function that makes an `HttpSource`, closed when the test ends."""
    opened: list[HttpSource] = []

    def open_one(url: str, **options: Any) -> HttpSource:
        opened.append(HttpSource(url, **options))
        return opened[-1]

    yield open_one
    for source in opened:
        source.close()
