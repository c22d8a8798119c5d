"""A real Zabbix with a fleet for the benchmark, kept between runs: filling it takes longer than measuring."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from bench.figures import NotMeasured
from tests.acceptance.programs import ROOT
from tests.real.zabbix_fill import ZabbixApi

LAB = ROOT / "tests" / "real" / "labs" / "zabbix"
PREFIX = "bench"
# Separate from the tests' lab, whose tests count everything in it.
SETTINGS = {
    "NAGARE_LAB_DIR": str(Path(tempfile.gettempdir()) / "nagare-bench-labs"),
    "NAGARE_LAB_ZABBIX_PORT": "30180",
    "NAGARE_LAB_ZABBIX_TRAPPER_PORT": "30151",
    "NAGARE_LAB_ZABBIX_POSTGRES_PORT": "30532",
}


@contextmanager
def zabbix(hosts: int, items_a_host: int) -> Iterator[tuple[ZabbixApi, list[str]]]:
    """Yield an API client of a Zabbix and the ids of its hosts, with all of their values. Raises NotMeasured."""
    is_ours = _run("status").returncode != 0
    try:
        started = _run("up")
        if started.returncode != 0:
            raise NotMeasured(started.stderr.strip() or "the Zabbix lab could not be started")
        with patch.dict(os.environ, SETTINGS), ZabbixApi(started.stdout.strip()) as api:
            if _count(api) != hosts * items_a_host:
                api.fill(hosts, items_a_host, PREFIX)
            yield api, _host_ids(api)
    finally:
        if is_ours:
            _run("down")


def _host_ids(api: ZabbixApi) -> list[str]:
    query = {"output": ["hostid"], "search": {"host": f"{PREFIX}-"}, "startSearch": True}
    return [row["hostid"] for row in api.call("host.get", query)]


def _count(api: ZabbixApi) -> int:
    hosts = _host_ids(api)
    return int(api.call("item.get", {"hostids": hosts, "countOutput": True})) if hosts else 0


def _run(verb: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **SETTINGS}
    return subprocess.run([LAB, verb], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
