"""Hosts with addresses of their own on one machine: network namespaces on a bridge that only they are on. Needs root.

Nothing of it can be reached from outside, and nothing outside from it.
"""

import ctypes
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.cli.processes import alive, wait_for

SUBNET = "10.77.0"
CLONE_NEWNET = 0x40000000
RULES = """\
table inet cut {
  set silenced { type ipv4_addr; }
  chain heard { type filter hook input priority 0; ip saddr @silenced drop; }
}
"""


class Host:
    """A namespace; what is started by `command` runs in it."""

    def __init__(self, prefix: str, name: str, number: int) -> None:
        self.name = name
        self.namespace = f"{prefix}-{name}"
        self.address = f"{SUBNET}.{number}"

    def command(self, *words: str) -> tuple[str, ...]:
        """Return the command that runs these words on this host."""
        return ("ip", "netns", "exec", self.namespace, *words)

    def silence(self, other: "Host") -> None:
        """Let nothing of the other host be heard here any more: dropped, not refused."""
        self._nft("add", other)

    def hear(self, other: "Host") -> None:
        """Hear the other host again."""
        self._nft("delete", other)

    def pids(self) -> set[int]:
        """Return what runs here."""
        found = subprocess.run(["ip", "netns", "pids", self.namespace], capture_output=True, text=True, check=True)
        return {int(pid) for pid in found.stdout.split()} - {os.getpid()}

    def lose_power(self) -> None:
        """End all that runs here at once."""

        def is_dark() -> bool:
            pids = alive(self.pids())
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not pids

        wait_for(is_dark, f"the end of what runs on {self.name}")

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be on this host with this thread, and with the threads and processes that it starts."""
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/proc/thread-self/ns/net").open() as before, Path(f"/run/netns/{self.namespace}").open() as there:
            assert libc.setns(there.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                assert libc.setns(before.fileno(), CLONE_NEWNET) == 0

    def _nft(self, verb: str, other: "Host") -> None:
        element = ("nft", verb, "element", "inet", "cut", "silenced", f"{{ {other.address} }}")
        subprocess.run(self.command(*element), check=True)


class Network:
    """Makes hosts; `close` ends what runs on them and takes all of them away."""

    def __init__(self) -> None:
        self._prefix = f"nagare{os.getpid()}"
        self._switch = f"{self._prefix}-switch"
        self.hosts: dict[str, Host] = {}
        _ip("netns", "add", self._switch)
        _ip("-n", self._switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self._switch, "link", "set", "bridge", "up")

    def add(self, name: str) -> Host:
        """Return a new host."""
        host = Host(self._prefix, name, len(self.hosts) + 1)
        _ip("netns", "add", host.namespace)
        self.hosts[name] = host
        _ip("-n", host.namespace, "link", "add", "eth0", "type", "veth", "peer", "name", name, "netns", self._switch)
        _ip("-n", self._switch, "link", "set", name, "master", "bridge", "up")
        _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", host.namespace, "link", "set", device, "up")
        subprocess.run(host.command("nft", "-f", "-"), input=RULES, text=True, check=True)
        return host

    @contextmanager
    def cut(self, one: Host, other: Host) -> Iterator[None]:
        """Let neither hear the other inside the block."""
        one.silence(other)
        other.silence(one)
        try:
            yield
        finally:
            one.hear(other)
            other.hear(one)

    def close(self) -> None:
        for host in self.hosts.values():
            host.lose_power()
        there = json.loads(subprocess.run(["ip", "-j", "netns"], capture_output=True, text=True).stdout or "[]")
        for name in (each["name"] for each in there):
            if name.startswith(f"{self._prefix}-"):
                _ip("netns", "delete", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
