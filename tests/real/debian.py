"""Debian packages that a test needs besides the labs, which install their own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NO_SERVICES = Path("/usr/sbin/policy-rc.d")
OPTIONS = ("-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Options::=--force-confold")


def install(package: str) -> None:
    """Install a package where that is possible; elsewhere the test that asks for it is skipped."""
    state = subprocess.run(["dpkg-query", "-Wf", "${db:Status-Status}", package], capture_output=True, text=True)
    if state.stdout == "installed":
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        pytest.skip(f"needs the Debian package {package}, or root to install it")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # An unreachable extra repository is no reason to stop: the install says what is really missing.
    subprocess.run(["apt-get", "-qq", "update"], env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    command = ["apt-get", *OPTIONS, "install", "-y", "--no-install-recommends", package]
    with _no_services():
        installed = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if installed.returncode != 0:
        pytest.skip(f"could not install {package}: {installed.stderr.strip()[-300:]}")


@contextmanager
def _no_services() -> Iterator[None]:
    """Let no package start a service of its own, in the way that Debian's policy (9.11) has for that."""
    if NO_SERVICES.exists():
        yield
        return
    NO_SERVICES.write_text("#!/bin/sh\nexit 101\n")
    NO_SERVICES.chmod(0o755)
    try:
        yield
    finally:
        NO_SERVICES.unlink()
