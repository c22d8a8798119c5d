"""slowhttptest, the tool that people try on servers, in each of its modes beside somebody who asks for health."""

import subprocess
import time

import httpx
import pytest

from tests.acceptance.fixtures import _tidy, database_url, stack
from tests.acceptance.stack import Stack
from tests.real.debian import install

pytestmark = pytest.mark.real
__all__ = ["_tidy", "database_url", "stack"]

CONNECTIONS = 600
ATTACK_S = 15
PROBE_S = 3
SLOWLY = ("-w", "10", "-y", "20", "-n", "5", "-z", "32")
MODES = {
    "slow heads": ("-H", "/healthz"),
    "slow bodies": ("-B", "/api/v1/auth/login", "-s", "8192"),
    "slow readers": ("-X", "/static/vendor/htmx-2.0.11.min.js", *SLOWLY),
    "slow readers of a large answer": ("-X", "/api/v1/openapi.json", *SLOWLY, "-k", "3"),
}


@pytest.mark.parametrize("mode", MODES)
def test_the_service_stays_available(stack: Stack, mode: str) -> None:
    install("slowhttptest")
    how, path, *options = MODES[mode]
    address = f"http://127.0.0.1:{stack.port}"
    command = ["slowhttptest", how, "-u", address + path, "-c", str(CONNECTIONS), "-r", "200", *options]
    attack = subprocess.Popen(
        [*command, "-i", "2", "-x", "24", "-p", str(PROBE_S), "-l", str(ATTACK_S)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    probes = 0
    try:
        while attack.poll() is None:
            assert httpx.get(f"{address}/healthz", timeout=PROBE_S).status_code == 200
            assert stack.user.get("/auth/me")["username"] == "admin"
            probes += 1
            time.sleep(0.2)
        told, _ = attack.communicate()
    finally:
        attack.kill()
        attack.wait()
    assert probes > ATTACK_S
    last = told.decode(errors="replace").rpartition("service available:")[2]
    assert "YES" in last, told[-2000:]
