"""The API with its real services: a migrated SQLite file and a real Valkey for each test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from app.composition import Services, build
from app.enums import Role
from app.settings import Settings, load_settings
from app.store.operation.migrate import upgrade
from app.web import create_app, make_tokens
from app.web.access import VERIFIED
from app.web.context import EXTENSION as SERVICES
from app.web.dashboard.session import TOKEN_S
from app.web.streams import EXTENSION as STREAMS
from app.web.streams.admission import make_admission
from app.web.streams.streams import Streams
from tests.web.browser import Browser
from tests.web.caller import FLEET, PASSWORD, Caller


def make_settings(home: Path, redis_url: str = "redis://127.0.0.1:1/0") -> Settings:
    return load_settings({"NAGARE_HOME": str(home), "NAGARE_SECRET_KEY": "a secret for tests", "REDIS_URL": redis_url})


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated database with one user of each role; their name is their role's."""
    home = tmp_path_factory.mktemp("template")
    services = build(make_settings(home))
    upgrade(services.settings.sql_url)
    for role in Role:
        services.access.users.create(role, PASSWORD, role)
    with services.database.unmanaged() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    services.close()
    return home / "nagare.db"


@contextmanager
def serving(settings: Settings, template: Path) -> Iterator[Services]:
    """Yield services with these settings, on a copy of the template and an empty Redis."""
    shutil.copy(template, settings.home / "nagare.db")
    services = build(settings)
    with services.broker.use() as redis:
        redis.flushall()
    yield services
    services.close()


@pytest.fixture
def services(tmp_path: Path, template: Path, valkey: str) -> Iterator[Services]:
    """Return services on a database and a Redis of their own."""
    with serving(make_settings(tmp_path, valkey), template) as services:
        yield services


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return the application without services of use: to put it together takes longer than most tests."""
    return create_app(build(make_settings(tmp_path_factory.mktemp("nowhere"))))


@pytest.fixture
def app(application: Flask, services: Services, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Return the application with this test's services, and nothing left in it of the tests before."""
    monkeypatch.setitem(application.extensions, SERVICES, services)
    monkeypatch.setitem(application.extensions, STREAMS, Streams(services, make_admission(application)))
    monkeypatch.setitem(application.extensions, VERIFIED, {})
    return application


@pytest.fixture
def nobody(app: Flask) -> Caller:
    """Return a caller without a token."""
    return Caller(app.test_client())


@pytest.fixture
def sign_in(app: Flask, services: Services) -> Callable[[str], Caller]:
    """Return what signs a user in, without the time that a password takes."""

    def sign_in(username: str) -> Caller:
        tokens = make_tokens(services.settings, services.access.auth.issue_token(username, days=1))
        return Caller(app.test_client(), tokens["access_token"])

    return sign_in


@pytest.fixture
def browse(app: Flask, services: Services) -> Callable[[str], Browser]:
    """Return what opens the dashboard as a user."""

    def browse(username: str) -> Browser:
        tokens = make_tokens(services.settings, services.access.auth.issue_token(username, days=1), TOKEN_S)
        return Browser(app.test_client(), tokens["access_token"])

    return browse


@pytest.fixture
def viewer(sign_in: Callable[[str], Caller]) -> Caller:
    return sign_in("viewer")


@pytest.fixture
def operator(sign_in: Callable[[str], Caller]) -> Caller:
    return sign_in("operator")


@pytest.fixture
def admin(sign_in: Callable[[str], Caller]) -> Caller:
    return sign_in("admin")


@pytest.fixture
def fleet(admin: Caller) -> int:
    """Return the id of a monitor whose hosts and items are pulled."""
    monitor = admin.post("/monitors", {"name": "demo", "type": "simulator", "url": FLEET})
    assert monitor.status == 201, monitor.text
    pulled = admin.post(f"/monitors/{monitor.json['id']}/items/pull")
    assert pulled.status == 200, pulled.text
    return int(monitor.json["id"])
