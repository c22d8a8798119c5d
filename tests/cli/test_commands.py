"""The one-shot commands, run in this process on a database of their own."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from app.cli.commands.prepare import take_first_steps
from app.cli.environment import environment_of, read_settings
from app.cli.up.preparation import FirstSteps
from app.cli.up.welcome import address, welcome
from app.settings import VARIABLES, load_settings

Nagare = Callable[..., str]


@pytest.fixture
def nagare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nagare:
    """Runs a command and returns what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NAGARE_HOME", "home")
    monkeypatch.setenv("NAGARE_SECRET_KEY", "s" * 32)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")

    def _nagare(*command: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["nagare", *command])
        capsys.readouterr()
        assert main() == code
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return printed.err if code else printed.out

    return _nagare


def test_migrate_makes_the_first_user_once(nagare: Nagare, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "up to date" in nagare("migrate")
    assert "admin" not in nagare("user", "list")
    monkeypatch.setenv("NAGARE_ADMIN_PASSWORD", "correct horse")
    assert "Created the first user, admin." in nagare("migrate")
    assert "Created" not in nagare("migrate")


def test_users_come_and_go(nagare: Nagare) -> None:
    nagare("migrate")
    assert nagare("user", "add", "ada", "--role", "operator", "--password", "correct horse") == "Added ada, operator.\n"
    assert "ada" in nagare("user", "list")
    assert nagare("user", "passwd", "ada", "--password", "-").startswith("Password: ")
    nagare("token", "ada")
    assert "API tokens that are still valid: 1" in nagare("user", "passwd", "ada", "--password", "correct horse 2")
    revoked = nagare("user", "passwd", "ada", "--password", "correct horse 3", "--revoke-tokens")
    assert revoked == "Changed the password of ada.\n"
    assert nagare("user", "add", "ada", "--password", "correct horse", code=1).startswith("nagare: ")
    assert nagare("user", "passwd", "bob", "--password", "-", code=1) == "nagare: there is no user bob\n"
    nagare("user", "add", "eve", "--role", "admin", "--password", "correct horse")
    assert nagare("user", "remove", "ada") == "Removed ada.\n"
    assert "ada" not in nagare("user", "list")


def test_a_token_is_one_line_and_can_be_revoked(nagare: Nagare) -> None:
    nagare("migrate")
    nagare("user", "add", "ada", "--role", "operator", "--password", "correct horse")
    assert nagare("tokens", "list") == "There are no tokens.\n"
    assert re.fullmatch("nagare_[0-9a-f]{64}\n", nagare("token", "ada", "--days", "3"))
    limited = ("--name", "nightly", "--role", "viewer", "--scope", "tasks:write", "--scope", "read")
    assert nagare("token", "ada", *limited).startswith("nagare_")
    newest, first = json.loads(nagare("tokens", "list", "--json"))
    assert (first["username"], first["role"], first["scopes"]) == ("ada", "operator", None)
    assert (newest["name"], newest["role"], newest["scopes"]) == ("nightly", "viewer", ["read", "tasks:write"])
    assert "read tasks:write" in nagare("tokens", "list")
    assert nagare("tokens", "revoke", str(newest["id"])) == "Revoked nightly of ada.\n"
    assert "nightly" not in nagare("tokens", "list")
    assert nagare("tokens", "revoke", str(newest["id"]), code=1).startswith("nagare: there is no token")
    assert nagare("token", "ada", "--role", "admin", code=1).startswith("nagare: a token with the role admin")
    assert nagare("token", "bob", code=1).startswith("nagare: ")


def test_dead_needs_one_task_or_all(nagare: Nagare) -> None:
    nagare("migrate")
    assert nagare("dead", "list") == "There are no dead letters.\n"
    for command in ("retry", "discard"):
        assert "--all" in nagare("dead", command, code=2)
        assert "--all" in nagare("dead", command, "--all", "pull_hosts:1", code=2)
        assert nagare("dead", command, "pull_hosts:1", code=1).startswith("nagare: ")


@pytest.mark.parametrize("is_demo_wanted", [True, False])
def test_the_demo_fleet_is_made_once(nagare: Nagare, is_demo_wanted: bool) -> None:
    nagare("migrate")
    settings = read_settings()

    first, second = (take_first_steps(settings, is_demo_wanted=is_demo_wanted) for _ in range(2))

    assert "password" in welcome(settings, first, None)
    assert "  password" not in welcome(settings, second, None)
    assert ("/monitors/1/hosts/pull-async" in welcome(settings, first, None)) == is_demo_wanted
    assert (second.monitor_id is None) == (not is_demo_wanted)


def test_a_given_password_is_not_printed(nagare: Nagare, monkeypatch: pytest.MonkeyPatch) -> None:
    nagare("migrate")
    monkeypatch.setenv("NAGARE_ADMIN_PASSWORD", "correct horse")
    assert take_first_steps(read_settings(), is_demo_wanted=False) == FirstSteps()


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("::1", "http://[::1]:8080"),
        ("10.0.0.1", "http://10.0.0.1:8080"),
    ],
)
def test_the_address_is_one_that_can_be_opened(bind: str, url: str) -> None:
    settings = load_settings({"NAGARE_BIND": bind})
    assert address(settings) == url
    assert url in welcome(settings, FirstSteps(), None)


def test_the_children_get_absolute_paths_and_no_more_secrets_than_they_need(
    nagare: Nagare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "nagare_config.json").write_text('{"retry": {"base_s": 7}, "admin_password": "correct horse"}')
    monkeypatch.delenv("REDIS_URL")
    for name, value in {
        "REDIS_ADDR": "localhost:1234",
        "DATABASE_URL": "sqlite:///data/my.db",
        "NAGARE_TOKEN": "token",
    }.items():
        monkeypatch.setenv(name, value)

    environment = environment_of(read_settings())

    assert environment["NAGARE_HOME"] == str(tmp_path / "home")
    assert environment["NAGARE_RETRY_BASE_S"] == "7.0"
    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/data/my.db"
    assert environment["REDIS_URL"] == "redis://localhost:1234/0"
    assert environment["NAGARE_SECRET_KEY"] == "s" * 32
    assert not {"REDIS_ADDR", "NAGARE_ADMIN_PASSWORD", "NAGARE_TOKEN"} & set(environment)
    load_settings({name: value for name, value in environment.items() if name in VARIABLES})
