"""What the connector makes of a board; `nagare connector test` looks at all that every connector must keep to."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from nagare_connector_example import StatusBoardConnector
from nagare_connector_example.board import Board, demo, make_server

from app.connectors.sdk import MonitorAccess, Severity, SourceGarbled, SourceRefusedLogin

TOKEN = "a-token-for-tests"
NAGARE = Path(sys.executable).parent / "nagare"


@pytest.fixture
def board() -> Board:
    return demo(TOKEN)


@pytest.fixture
def url(board: Board) -> Iterator[str]:
    with make_server(board) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def connector(url: str) -> Iterator[StatusBoardConnector]:
    connector = StatusBoardConnector(MonitorAccess(url, api_token=TOKEN))
    yield connector
    connector.close()


def test_hosts_come_in_pages(connector: StatusBoardConnector) -> None:
    pages = [*connector.hosts()]
    assert [len(page.records) for page in pages] == [200, 50]
    assert {page.total for page in pages} == {250}
    assert pages[0].records[0].name == "web-001"


def test_an_item_has_its_value(connector: StatusBoardConnector) -> None:
    [page] = connector.items(["h1"])
    [item] = page.records
    assert (item.name, item.value) == ("Load", "0.5")


def test_levels_become_severities(connector: StatusBoardConnector) -> None:
    [reports] = connector.alerts()
    assert [report.severity for report in reports] == [Severity.CRITICAL, Severity.WARNING]


def test_a_board_that_repeats_a_page_is_given_up(board: Board, connector: StatusBoardConnector) -> None:
    board.hosts = [board.hosts[0] | {"id": f"h{number % 200}"} for number in range(400)]
    with pytest.raises(SourceGarbled, match="twice"):
        [*connector.hosts()]


def test_a_wrong_token_is_refused(url: str) -> None:
    connector = StatusBoardConnector(MonitorAccess(url, api_token="wrong"))
    with pytest.raises(SourceRefusedLogin):
        connector.check()
    connector.close()


def test_the_connector_conforms(url: str) -> None:
    command = [NAGARE, "connector", "test", "statusboard", url]
    environment = {**os.environ, "NAGARE_MONITOR_API_TOKEN": TOKEN}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
