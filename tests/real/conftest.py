"""Starts the real systems that the tests in this folder need, and stops those that it started.

What cannot be had is skipped at home; when CI=true nothing may skip, whatever the reason.
"""

import os
import subprocess
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from tests.real.postgres_lab import create_database, execute
from tests.real.zabbix_fill import ZabbixApi, wait_until

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

LABS = Path(__file__).parent / "labs"
IN_CI = os.environ.get("CI") == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _refuse_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _refuse_skip(report)


def _refuse_skip(report: Report) -> Report:
    """Turn a skip into a failure in CI; an expected failure, which pytest also calls skipped, stays one."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.longrepr = f"CI allows no skip. {reason}"
    return report


@pytest.fixture(scope="session")
def zabbix_url() -> Iterator[str]:
    """Yield the address of a real Zabbix 6.0's JSON-RPC API; sign in as Admin / zabbix."""
    with lab("zabbix") as url:
        yield url


@pytest.fixture(scope="session")
def zabbix_api(zabbix_url: str) -> Iterator[ZabbixApi]:
    """Yield a signed-in conversation with a Zabbix that holds the fleet "fleet", all of its values there."""
    with ZabbixApi(zabbix_url) as api:
        api.fill(hosts=30, items=20, prefix="fleet")
        yield api


@pytest.fixture(scope="session")
def zabbix_releases() -> Iterator[dict[str, str]]:
    """Yield the addresses of a real Zabbix 5.0 and 7.0; sign in as Admin / zabbix."""
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        # Side by side: each installs a Debian of its own.
        labs = {release: lab("zabbix-release", release) for release in ("5.0", "7.0")}
        started = {release: pool.submit(stack.enter_context, lab) for release, lab in labs.items()}
        yield {release: each.result() for release, each in started.items()}


@pytest.fixture(scope="session")
def prometheus_url() -> Iterator[str]:
    """Yield the address of a real Prometheus that scraped all of its five targets and found the two dark ones down."""
    with lab("prometheus") as url:

        def is_scraped() -> bool:
            answer = httpx.get(f"{url}/api/v1/targets", params={"state": "active"}, trust_env=False)
            targets = answer.raise_for_status().json()["data"]["activeTargets"]
            return sorted(target["health"] for target in targets) == ["down", "down", "up", "up", "up"]

        wait_until(is_scraped, 30, "three targets up and two down")
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Yield the SQLAlchemy address of a real PostgreSQL."""
    with lab("postgres") as url:
        yield url


@pytest.fixture(scope="module")
def postgres_url(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the SQLAlchemy address of an empty database, dropped when the module's tests are over."""
    name = f"{request.module.__name__.rpartition('.')[2]}_{os.getpid()}"
    yield create_database(postgres_server, name)
    execute(postgres_server, f'drop database "{name}" with (force)')


@contextmanager
def lab(name: str, *which: str) -> Iterator[str]:
    """Start a lab unless it is up, and stop it again if it was started here (NAGARE_KEEP_LABS=1 keeps it)."""
    is_ours = _run(name, "status", *which).returncode != 0
    try:
        started = _run(name, "up", *which)
        if started.returncode != 0:
            pytest.skip(started.stderr.strip() or f"the lab {' '.join((name, *which))} could not be started")
        yield started.stdout.strip()
    finally:
        if is_ours and os.environ.get("NAGARE_KEEP_LABS") != "1":
            _run(name, "down", *which)


def _run(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LABS / name, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
