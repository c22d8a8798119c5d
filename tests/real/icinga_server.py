"""A real Icinga 2 on loopback, with its own certificate authority, that a test fills and ends."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.programs import Program
from tests.cli.instance import free_port
from tests.cli.processes import wait_for
from tests.real.debian import install

USER, PASSWORD = "nagare", "icinga-lab"
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
CONFIG = """
include "constants.conf"
include <itl>
include <plugins>
const NodeName = "localhost"
const ZoneName = "localhost"
object Endpoint "localhost" {{ }}
object Zone "localhost" {{ endpoints = [ "localhost" ] }}
object IcingaApplication "app" {{ }}
object CheckerComponent "checker" {{ }}
object ApiListener "api" {{ bind_host = "127.0.0.1", bind_port = {port}, ticket_salt = "" }}
object ApiUser "nagare" {{ password = "icinga-lab", permissions = [ {permissions} ] }}
object ApiUser "certified" {{ client_cn = "localhost", permissions = [ {permissions} ] }}
object ApiUser "lab" {{ password = "icinga-lab", permissions = [ "*" ] }}
object ApiUser "weak" {{ password = "icinga-lab", permissions = [ "status/query" ] }}
object HostGroup "linux" {{ }}
for (number in range(3)) {{
  object Host "web-" + number use (number) {{
    check_command = "passive"
    address = "192.0.2." + (number + 1)
    display_name = "网页 " + number
    notes = "一台"
    groups = [ "linux" ]
    vars.role = "网页"
    vars.snmp_community = "hush"
    enable_active_checks = false
    max_check_attempts = 1
  }}
}}
apply Service "disk" {{
  check_command = "passive"
  enable_active_checks = false
  max_check_attempts = 1
  assign where true
}}
apply Service "ping" {{
  check_command = "dummy"
  vars.dummy_text = "PING OK|rta=0.5ms;100;200;0"
  check_interval = 1s
  assign where true
}}
"""
PERMISSIONS = (
    *("status/query", "objects/query/*", "objects/modify/*", "objects/create/*"),
    "actions/acknowledge-problem",
)
"""Those that docs/icinga2.md names."""


class Icinga:
    """Three hosts with a passive and an active service each; started by its constructor."""

    def __init__(self, folder: Path) -> None:
        install("icinga2")
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.folder = folder
        certificates = folder / "lib" / "certs"
        for name in ("etc", "lib/certs", "cache", "log/crash", "run", "spool"):
            (folder / name).mkdir(parents=True)
        shutil.copy("/etc/icinga2/constants.conf", folder / "etc")
        permissions = ", ".join(f'"{name}"' for name in PERMISSIONS)
        (folder / "etc" / "icinga2.conf").write_text(CONFIG.format(port=self.port, permissions=permissions))
        _give_to_icinga(folder)
        places = {"ConfigDir": "etc", "DataDir": "lib", "CacheDir": "cache", "LogDir": "log", "SpoolDir": "spool"}
        self._options = [
            option for name, at in {**places, "InitRunDir": "run"}.items() for option in ("-D", f"{name}={folder / at}")
        ]
        key, request, certificate = (certificates / f"localhost.{end}" for end in ("key", "csr", "crt"))
        self._pki("new-ca")
        self._pki("new-cert", "--cn", "localhost", "--key", str(key), "--csr", str(request))
        self._pki("sign-csr", "--csr", str(request), "--cert", str(certificate))
        self.ca_pem = (folder / "lib" / "ca" / "ca.crt").read_text()
        (certificates / "ca.crt").write_text(self.ca_pem)
        self.certificate_pem, self.key_pem = certificate.read_text(), key.read_text()
        _give_to_icinga(folder)
        command = ("icinga2", "daemon", *self._options, "-c", str(folder / "etc" / "icinga2.conf"))
        # The connector's tests are about certificates; this is the hand that fills it.
        self._client = httpx.Client(
            base_url=self.url,
            auth=("lab", PASSWORD),
            headers={"Accept": "application/json"},
            verify=False,
            trust_env=False,
        )
        self._program = Program("icinga2", command, folder, ENVIRONMENT)
        try:
            wait_for(self._is_ready, f"Icinga to be ready: {self._program.log}")
        except BaseException:
            self.kill()
            raise

    def act(self, action: str, kind: str, name: str, **fields: Any) -> None:
        """Do what somebody does in its pages, or a host that sends a result does."""
        body = {"type": kind, kind.lower(): name, **fields}
        self._client.post(f"/v1/actions/{action}", json=body).raise_for_status()

    def attributes(self, kind: str, name: str) -> Any:
        """Return what Icinga keeps of an object."""
        answer = self._client.get(f"/v1/objects/{kind}/{name}").raise_for_status().json()
        return answer["results"][0]["attrs"]

    def check_result(self, kind: str, name: str, state: int, output: str, *performance_data: str) -> None:
        """Send the result of a check."""
        told = {"exit_status": state, "plugin_output": output, "performance_data": [*performance_data]}
        self.act("process-check-result", kind, name, **told)

    def kill(self) -> None:
        self._client.close()
        self._program.kill()

    def _is_ready(self) -> bool:
        try:
            return self._client.get("/v1").is_success
        except httpx.TransportError:
            return False

    def _pki(self, *arguments: str) -> None:
        subprocess.run(["icinga2", "pki", *arguments, *self._options], check=True, capture_output=True)


@contextmanager
def running() -> Iterator[Icinga]:
    """Run an Icinga in a folder that its own user can enter, unlike those of the test runner."""
    with tempfile.TemporaryDirectory(prefix="nagare-icinga-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        icinga = Icinga(folder)
        try:
            yield icinga
        finally:
            icinga.kill()


def _give_to_icinga(folder: Path) -> None:
    """Give all files to the user to whom Icinga's processes switch."""
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, "nagios", "nagios")
