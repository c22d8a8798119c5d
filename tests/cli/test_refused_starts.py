"""What is wrong with the settings is said in one line, before anything starts."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli import main
from app.cli.up import programs
from app.cli.up.home import Home
from tests.cli.instance import free_port, run

Refuse = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder of a command that runs in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NAGARE_HOME", "home")
    monkeypatch.setenv("NAGARE_PORT", str(free_port()))
    umask = os.umask(0o077)
    yield tmp_path
    os.umask(umask)


@pytest.fixture
def refuses(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refuse:
    def _refuses(*command: str, names: str, code: int = 2) -> None:
        monkeypatch.setattr(sys, "argv", ["nagare", *command])
        assert main() == code
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("nagare: ")
        assert printed.err.count("\n") == 1
        assert names in printed.err

    return _refuses


def test_a_real_process_says_it_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        refused = run(tmp_path, "up", NAGARE_PORT=str(port))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"nagare: NAGARE_BIND, NAGARE_PORT: cannot listen on 127.0.0.1:{port}: ")
    assert refused.stderr.count("\n") == 1


def test_an_unknown_setting(refuses: Refuse, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAGARE_PROT", "8080")
    refuses("up", names="NAGARE_PROT")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NAGARE_PORT", "http"),
        ("REDIS_URL", "localhost"),
        ("DATABASE_URL", "x"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("NAGARE_CONFIG", "missing.json"),
    ],
)
def test_an_ill_formed_setting(refuses: Refuse, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    refuses("up", names=name)


@pytest.mark.parametrize("address", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_that_is_not_here(refuses: Refuse, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NAGARE_BIND", address)
    refuses("up", names=address)


def test_a_taken_port_of_flower(refuses: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(programs, "FLOWER_PORT", port)
        refuses("up", "--flower", names=f"--flower: cannot listen on 127.0.0.1:{port}: ")


@pytest.mark.parametrize("access", ["password", "user:", ":password", "a:b,c"])
def test_a_flower_that_would_be_open(refuses: Refuse, monkeypatch: pytest.MonkeyPatch, access: str) -> None:
    monkeypatch.setenv("FLOWER_BASIC_AUTH", access)
    refuses("up", "--flower", names="FLOWER_BASIC_AUTH: must look like user:password")


def test_a_folder_that_cannot_be_written(refuses: Refuse, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").touch()
    monkeypatch.setenv("NAGARE_HOME", "file/home")
    refuses("up", names=str(folder / "file" / "home"))


def test_a_folder_that_is_in_use(refuses: Refuse, folder: Path) -> None:
    home = Home(folder / "home")
    home.create()
    lock = home.lock()
    refuses("up", names=str(folder / "home"))
    os.close(lock)


def test_a_damaged_secret_key(refuses: Refuse, folder: Path) -> None:
    home = Home(folder / "home")
    home.create()
    home.write("secret_key", "")
    refuses("up", names=str(folder / "home" / "secret_key"))
    assert home.read("secret_key") == ""


def test_a_command_without_a_secret_key(refuses: Refuse) -> None:
    refuses("user", "list", names="NAGARE_SECRET_KEY")


def test_a_redis_that_is_away_is_no_wrong_setting(refuses: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAGARE_SECRET_KEY", "a" * 32)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    refuses("stats", names="Redis", code=1)


def test_wrong_usage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["nagare", "up", "--flour"])
    assert main() == 2
    assert "--flour" in capsys.readouterr().err
