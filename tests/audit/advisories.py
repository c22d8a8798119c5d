"""Which locked packages have known weaknesses, by `pip-audit`; and of which nobody could tell."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 15
PATIENCE_S = 300


@dataclass(frozen=True, slots=True)
class Advice:
    """What the database of advisories says; of a package in `unknown` it says nothing, which is no good sign."""

    weak: Sequence[str]
    unknown: Sequence[str]
    known: int
    error: str = ""


def look_up(lock: Path) -> Advice:
    """Ask for all packages of a lock file; nothing is installed."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--require-hashes", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", str(TIMEOUT_S)]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return Advice([], [], 0, f"no answer in {PATIENCE_S} s")
    return read(ran.stdout, ran.stderr)


def read(answer: str, errors: str = "") -> Advice:
    """Return what an answer of `pip-audit` says. It ends with 0 also when it found out about nothing at all."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Advice([], [], 0, (errors.strip().splitlines() or ["no answer"])[-1])
    weak = [_told(package, weakness) for package in packages for weakness in package.get("vulns", [])]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    return Advice(weak, unknown, len(packages) - len(unknown))


def _told(package: Mapping[str, Any], weakness: Mapping[str, Any]) -> str:
    mended = ", ".join(weakness["fix_versions"]) or "no version"
    return f"{package['name']} {package['version']}: {weakness['id']}, mended in {mended}"
