"""Debian packages that a test needs besides the labs, which install their own."""

import os
import shutil
import subprocess

import pytest

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
    installed = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if installed.returncode != 0:
        pytest.skip(f"could not install {package}: {installed.stderr.strip()[-300:]}")
