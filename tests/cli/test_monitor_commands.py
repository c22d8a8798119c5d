"""Monitors from a shell."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.composition import Services
from app.connectors.conformance.server import serving
from tests.certificates import Authority, server_context
from tests.cli.instance import run
from tests.cli.test_commands import Nagare, nagare
from tests.cli.test_operator_commands import services

__all__ = ["nagare", "services"]

SIMULATOR = "simulator://demo?hosts=1&items=1"
OURS = Authority()


@pytest.mark.usefixtures("services")
def test_monitors_are_added_checked_and_listed(nagare: Nagare) -> None:
    assert nagare("monitor", "list") == "There are no monitors.\n"
    assert nagare("monitor", "add", "演示", "simulator", SIMULATOR) == "Added 演示: monitor 1.\n"
    assert nagare("monitor", "check", "1").startswith("ok: simulator 1, ")
    [row] = json.loads(nagare("monitor", "list", "--json"))
    assert (row["name"], row["status"], row["verify"]) == ("演示", "ok", True)
    assert "演示" in nagare("monitor", "list")


@pytest.mark.usefixtures("services")
def test_a_monitor_that_does_not_work_is_only_saved_when_told_to(nagare: Nagare) -> None:
    broken = ("monitor", "add", "broken", "simulator", f"{SIMULATOR}&fail=1")
    assert nagare(*broken, code=1) == "nagare: url: simulated failure.\n"
    assert nagare("monitor", "list") == "There are no monitors.\n"
    assert nagare(*broken, "--no-check") == "Added broken: monitor 1.\n"


def echo(request: Any) -> None:
    is_known = (
        request.headers["X-Scope-OrgID"] == "team-a" and request.headers["Authorization"] == "Basic dTpodW50ZXIyMg=="
    )
    request.answer({"status": "success", "data": {"version": "2.53.0"}} if is_known else {}, 200 if is_known else 401)


def test_a_connection_is_given_in_files(nagare: Nagare, services: Services, tmp_path: Path) -> None:
    client = OURS.issue()
    files = {"ca": OURS.pem, "cert": client.certificate, "key": client.key, "password": "hunter22\n"}
    for name, text in {**files, "headers": "X-Scope-OrgID: team-a\n\n"}.items():
        (tmp_path / name).write_text(text)
    options = [
        *("--ca-file", "ca", "--client-cert-file", "cert", "--client-key-file", "key", "--timeout", "9"),
        *("--header-file", "headers", "--http-username", "u", "--http-password-file", "password"),
    ]
    with serving(echo, server_context(OURS.issue(), tmp_path, OURS)) as url:
        told = nagare("monitor", "add", "p", "prometheus", url, code=1)
        assert told.startswith("nagare: ca_pem: The certificate of 127.0.0.1:")
        assert nagare("monitor", "add", "p", "prometheus", url, *options) == "Added p: monitor 1.\n"
        ran = run(tmp_path, "connector", "test", "prometheus", url, *options, "--only", "version")
        assert (ran.returncode, ran.stdout.split()[:2]) == (0, ["ok", "version"]), ran.stdout
    found = services.inventory.monitors.get(1)
    assert (found["ca_pem"], found["http_username"], found["timeout_s"]) == (OURS.pem.rstrip(), "u", 9)
    assert found["has_headers"]
    (tmp_path / "headers").write_text("X-A: 1\nhunter22")
    refused = nagare("monitor", "add", "q", "prometheus", "http://h", "--header-file", "headers", code=2)
    assert "line 2 is not like X-Scope-OrgID: team-a" in refused and "hunter22" not in refused
