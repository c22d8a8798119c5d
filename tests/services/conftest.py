"""The services on a migrated SQLite file and a real Valkey."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from app import clock
from app.composition import Services, wire
from app.enums import Role
from app.queue.connection import Broker
from app.services.ledger.requester import Requester
from app.settings import load_settings
from app.store.access import users
from app.store.database.engine import Database
from app.store.operation.migrate import upgrade

FLEET = "simulator://demo?hosts=3&items=2"
LEASE_S = 3.0


@dataclass
class Time:
    """The time that the services see; it moves only when a test moves it."""

    now: datetime = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    monotonic: float = 1000.0

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.monotonic += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(clock, "now", lambda: time.now)
    monkeypatch.setattr(clock, "monotonic", lambda: time.monotonic)
    return time


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated database."""
    path = tmp_path_factory.mktemp("template") / "nagare.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def services(tmp_path: Path, template: Path, redis: Redis, time: Time) -> Iterator[Services]:
    shutil.copy(template, tmp_path / "nagare.db")
    settings = load_settings(
        {
            "NAGARE_HOME": str(tmp_path),
            "NAGARE_SECRET_KEY": "a secret for tests",
            "NAGARE_LEASE_S": f"{LEASE_S:g}",
            "NAGARE_RETRY_BASE_S": "4",
        }
    )
    services = wire(settings, Database(settings.sql_url, durable=False), Broker(redis))
    yield services
    services.database.close()


def add_user(services: Services, username: str) -> int:
    """Add an operator who never signs in, without the time that a password takes."""
    row = {"username": username, "password_hash": "", "role": Role.OPERATOR, "created_at": clock.now()}
    with services.database.transaction() as connection:
        return users.add(connection, row)


@pytest.fixture
def by(services: Services) -> Requester:
    """Return somebody who may ask for tasks."""
    return Requester(add_user(services, "operator"))


@pytest.fixture
def monitor_id(services: Services) -> int:
    return int(services.inventory.monitors.create({"name": "demo", "type": "simulator", "url": FLEET})["id"])
