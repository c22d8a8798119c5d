"""A change of the secret key: nobody is signed out, no credential is lost, and afterwards the old key is of no use."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import text

from app.composition import Services, build
from app.services.access.audit import COMMAND_LINE
from app.services.inventory.monitor_connections import SEALED
from app.services.operation.key_rotation import Reencrypted
from app.store.inventory import monitors
from app.web import create_app, make_tokens
from tests.certificates import Authority
from tests.cli.test_commands import Nagare, nagare
from tests.web.caller import PASSWORD, Caller

__all__ = ["nagare"]

OLD, NEW = "a secret for tests", "a new secret for tests"
CLIENT = Authority().issue()
SECRETS: dict[str, Any] = {"username": "nagare", "password": "hunter22", "api_token": "t0ken"}
CONNECTION = {
    "client_key_pem": CLIENT.key,
    "headers": {"X-Scope-OrgID": "hunter23"},
    "http_password": "hunter24",
    "proxy_url": "http://u:hunter25@proxy:3128",
}

With = Callable[..., Services]


@pytest.fixture
def with_keys(services: Services) -> With:
    """Return a maker of the services of a process that was started with these keys."""

    def make(key: str, other: str = "") -> Services:
        keys = {"secret_key": SecretStr(key), "secret_key_old": SecretStr(other)}
        return build(services.settings.model_copy(update=keys))

    return make


def opened(services: Services) -> Mapping[str, str | None]:
    """Return a monitor's credentials and a rule's address as a worker gets them."""
    with services.database.reading() as connection:
        monitor = monitors.find_sealed(connection, 1)
        assert monitor is not None
        url = connection.execute(text("SELECT url_sealed FROM notifications")).scalar_one()
    vault = services.operation.key_rotation._vault
    names = [*SEALED.values()]
    return {name: vault.open(monitor[name]) for name in names} | {"url": vault.open(url)}


def fill(services: Services) -> None:
    monitor = {"name": "zabbix", "type": "zabbix", "url": "http://127.0.0.1:9", **SECRETS, **CONNECTION}
    monitor |= {"client_cert_pem": CLIENT.certificate, "http_username": "nagare"}
    services.inventory.monitors.create(monitor)
    services.inventory.monitors.create({"name": "demo", "type": "simulator", "url": "simulator://demo"})
    services.response.notifications.create(
        {
            "name": "值班",
            "url": "json://127.0.0.1:9/s3cr3t",
            "enabled": True,
            "min_severity": 0,
            "monitor_id": None,
            "group": None,
            "on": ["fired"],
            "quiet_hours": None,
            "timezone": "UTC",
            "language": "en",
            "batch_s": 10,
        }
    )


def test_all_credentials_are_sealed_anew_once(services: Services, with_keys: With) -> None:
    fill(services)
    before = opened(services)
    secrets = [SECRETS["password"], SECRETS["api_token"], json.dumps(CONNECTION["headers"])]
    secrets += [secret for name, secret in CONNECTION.items() if name != "headers"]
    assert {*before.values()} == {*secrets, "json://127.0.0.1:9/s3cr3t"}
    both = with_keys(NEW, OLD)
    assert opened(both) == before
    assert both.operation.key_rotation.reencrypt() == Reencrypted(renewed=8, kept=0, lost=[])
    assert both.operation.key_rotation.reencrypt() == Reencrypted(renewed=0, kept=8, lost=[])
    assert opened(with_keys(NEW)) == before
    assert with_keys(OLD).operation.key_rotation.reencrypt() == Reencrypted(
        0, 0, ["monitors: zabbix", "channels: 值班", "notifications: 值班"]
    )
    assert opened(with_keys(NEW)) == before


def test_addresses_and_codes_of_channels_are_sealed_anew(services: Services, with_keys: With) -> None:
    fields = {"url": "json://127.0.0.1:9/s3cr3t", "kind": "apprise", "language": "en", "timezone": "UTC"}
    fields |= {"delivery": "at_least_once"}
    user_id = services.access.users.get_by_name("viewer")["id"]
    services.contacts.channels.create({"name": "群", **fields}, COMMAND_LINE)
    method = services.contacts.contact_methods.create(user_id, {"name": "手机", **fields}, COMMAND_LINE)
    done = with_keys(NEW, OLD).operation.key_rotation.reencrypt()
    assert done == Reencrypted(renewed=3, kept=0, lost=[])
    new = with_keys(NEW)
    with new.database.reading() as connection:
        sealed = connection.execute(text("SELECT code_sealed FROM channels WHERE user_id IS NOT NULL")).scalar_one()
    code = new.operation.key_rotation._vault.open(sealed)
    assert code is not None
    verified = new.contacts.contact_methods.verify(user_id, method["id"], code, COMMAND_LINE)
    assert verified["verified_at"] is not None
    assert with_keys(OLD).operation.key_rotation.reencrypt().lost == ["channels: 群", "channels: 手机"]


def test_processes_of_each_step_understand_each_other(services: Services, with_keys: With) -> None:
    fill(services)
    before = opened(services)
    known, turned = with_keys(OLD, NEW), with_keys(NEW, OLD)
    turned.operation.key_rotation.reencrypt()
    assert opened(known) == opened(turned) == before


def test_nobody_is_signed_out(services: Services, app: Flask, with_keys: With) -> None:
    old = make_tokens(services.settings, services.access.auth.login("admin", PASSWORD, "127.0.0.1"))
    for step in (with_keys(OLD, NEW), with_keys(NEW, OLD)):
        caller = Caller(create_app(step).test_client(), old["access_token"])
        assert caller.get("/auth/me").json["username"] == "admin"
    new = caller.post("/auth/refresh", {"refresh_token": old["refresh_token"]}).json
    done = create_app(with_keys(NEW)).test_client()
    assert Caller(done, new["access_token"]).get("/auth/me").status == 200
    assert Caller(done, old["access_token"]).get("/auth/me").status == 401
    assert Caller(app.test_client(), new["access_token"]).get("/auth/me").status == 401


@pytest.mark.parametrize(("keys", "status"), [((OLD, NEW), 303), ((NEW, OLD), 303), ((NEW,), 403)])
def test_a_form_that_was_open_can_be_sent(app: Flask, with_keys: With, keys: tuple[str, ...], status: int) -> None:
    before = app.test_client()
    page = before.get("/sign-in").get_data().decode()
    after = create_app(with_keys(*keys)).test_client()
    visitor = before.get_cookie("nagare_visitor")
    assert visitor is not None
    after.set_cookie(visitor.key, visitor.value)
    shown = page.split('csrf_token" value="')[1].split('"')[0]
    form = {"username": "viewer", "password": PASSWORD, "csrf_token": shown}
    assert after.post("/sign-in", data=form).status_code == status


def test_the_command_says_how_many(nagare: Nagare, monkeypatch: pytest.MonkeyPatch) -> None:
    nagare("migrate")
    monkeypatch.setenv("NAGARE_SECRET_KEY_OLD", "o" * 32)
    assert nagare("rotate-key") == "Encrypted again: 0. Already encrypted with NAGARE_SECRET_KEY: 0.\n"
    assert json.loads(nagare("rotate-key", "--json")) == {"renewed": 0, "kept": 0, "lost": []}
