"""`nagare connector`: what it prints, how it ends, and that it takes no secret from the command line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.connectors.conformance.server import serving
from app.connectors.registry import BUILT_IN
from tests.cli.instance import run
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix

SIMULATOR = "simulator://demo?hosts=3&items=2"
CHECKS = ("--only", "version", "--only", "hosts")


@pytest.fixture
def zabbix_url() -> Iterator[str]:
    zabbix = FakeZabbix("7.0.6")
    zabbix.add_host("1")
    with serving(zabbix.respond) as url:
        yield f"{url}/zabbix"


def test_the_types_are_listed(tmp_path: Path) -> None:
    listed = json.loads(run(tmp_path, "connector", "list", "--json").stdout)
    told = [(each["type"], each["writable"], each["is_built_in"]) for each in listed]
    assert told == [(type, kind.writable, True) for type, kind in BUILT_IN.items()]
    assert ("zabbix", True, True) in told
    assert ("webhook", False, True) in told


def test_each_check_is_a_line_and_success_is_0(tmp_path: Path) -> None:
    ran = run(tmp_path, "connector", "test", "simulator", SIMULATOR, *CHECKS)
    lines = ran.stdout.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["ok", "version"], ["ok", "hosts"]]
    assert lines[2] == "2 ok, 0 failed, 0 not run"
    assert ran.returncode == 0


def test_a_failure_has_its_reason_and_rule_and_ends_with_1(tmp_path: Path) -> None:
    ran = run(tmp_path, "connector", "test", "simulator", f"{SIMULATOR}&fail=1", *CHECKS)
    assert re.search("^failed +version +check: it raised SourceFailing: simulated failure$", ran.stdout, re.MULTILINE)
    assert "rule: `check` signs in and returns the source's version." in ran.stdout
    assert ran.returncode == 1


def test_scripts_get_json(tmp_path: Path) -> None:
    ran = run(tmp_path, "connector", "test", "simulator", SIMULATOR, *CHECKS, "--json")
    [version, hosts] = json.loads(ran.stdout)
    assert (version["check"], version["outcome"], version["reason"]) == ("version", "ok", "simulator 1")
    assert hosts["duration_s"] >= 0


@pytest.mark.parametrize("is_right", [True, False])
def test_the_password_comes_from_the_environment_or_a_file(tmp_path: Path, zabbix_url: str, is_right: bool) -> None:
    secret = "zabbix" if is_right else "wrong"
    command = ("connector", "test", "zabbix", zabbix_url, "--username", "Admin", "--only", "version")
    (tmp_path / "password").write_text(f"{secret}\n")
    for ran in (
        run(tmp_path, *command, "--password-file", "password"),
        run(tmp_path, *command, NAGARE_MONITOR_PASSWORD=secret),
    ):
        assert ran.returncode == (0 if is_right else 1), ran.stdout
    assert "no such option" in run(tmp_path, *command, "--password", secret).stderr.lower()


def test_credentials_that_are_missing_are_named_once(tmp_path: Path, zabbix_url: str) -> None:
    ran = run(tmp_path, "connector", "test", "zabbix", zabbix_url)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("nagare: username: A Zabbix monitor needs a user name and a password")


def test_an_unknown_type_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    ran = run(tmp_path, "connector", "test", "acme", "http://127.0.0.1")
    assert ran.returncode == 1
    assert ran.stderr.endswith(f"the types are {', '.join(BUILT_IN)}\n")
