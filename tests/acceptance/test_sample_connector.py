"""The sample package of docs/connectors.md, installed with pip: its own tests pass, and a worker pulls through it."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.programs import ROOT, Program
from tests.acceptance.stack import Stack
from tests.acceptance.user import User
from tests.cli.instance import NAGARE

TOKEN = "a-token-for-tests"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the sample package into a folder of its own and return that; pip needs no network for it."""
    folder = tmp_path_factory.mktemp("sample")
    # pip builds inside the source.
    source = shutil.copytree(ROOT / "examples" / "nagare-connector-example", folder / "source")
    target = folder / "installed"
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", str(target))
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True, timeout=120)
    return target


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack"), PYTHONPATH=str(installed))
    yield stack
    stack.close()


@pytest.fixture
def board_url(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.syspath_prepend(str(installed))
    from nagare_connector_example.board import demo, make_server

    with make_server(demo(TOKEN)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def environment(installed: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(installed)}


def test_nagare_lists_the_new_type(installed: Path) -> None:
    listed = subprocess.check_output([NAGARE, "connector", "list"], env=environment(installed), text=True, timeout=60)
    [line] = [line for line in listed.splitlines() if line.startswith("statusboard")]
    assert "nagare_connector_example.connector.StatusBoardConnector" in line


def test_the_samples_own_tests_pass(installed: Path, tmp_path: Path) -> None:
    """Among them is the conformance test, with all checks."""
    tests = installed.parent / "source" / "tests"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tests), str(tests)]
    ran = subprocess.run(command, cwd=tmp_path, env=environment(installed), capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_worker_pulls_its_hosts_items_and_alerts(user: User, worker: Program, board_url: str) -> None:
    monitor = user.add_monitor(board_url, "statusboard", api_token=TOKEN)
    assert user.post(f"/monitors/{monitor}/check")["version"] == "board 1.4"
    for what in ("hosts", "items", "alerts"):
        task = user.end(user.pull(monitor, what))
        assert task["state"] == "succeeded", task
    assert len(user.all("/hosts")) == len(user.all("/items")) == 250
    assert {host["name"] for host in user.all("/hosts")} >= {"web-001", "web-250"}
    assert {item["value"] for item in user.all("/items")} == {"0.5"}
    assert {alert["message"] for alert in user.all("/alerts")} == {"The disk is nearly full", "The backup is late"}
