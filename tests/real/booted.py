"""Runs in the machine of `test_systemd.py`, as root: uses nagare as systemd started it, and writes what it saw."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

API = "http://127.0.0.1:8080"
SLOW = "simulator://demo?hosts=3&items=2&latency_ms=60000"
PARTS = ("nagare-web", "nagare-worker@1", "nagare-beat")


def systemctl(*arguments: str) -> str:
    return subprocess.run(["systemctl", *arguments], capture_output=True, text=True).stdout.strip()


def main_pids() -> dict[str, int]:
    return {part: int(systemctl("show", "-P", "MainPID", part)) for part in PARTS}


def until(is_there: Callable[[], bool]) -> bool:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        try:
            if is_there():
                return True
        except (httpx.TransportError, KeyError):
            pass
        time.sleep(0.1)
    return False


def use() -> dict[str, Any]:
    seen: dict[str, Any] = {}
    systemctl("start", "nagare.target")
    seen["ready"] = until(lambda: httpx.get(f"{API}/readyz").status_code == 200)
    seen["active"] = {part: systemctl("is-active", part) for part in PARTS}
    status = {part: Path(f"/proc/{pid}/status").read_text() for part, pid in main_pids().items()}
    seen["uids"] = sorted(
        {line.split()[1] != "0" for text in status.values() for line in text.splitlines() if line.startswith("Uid:")}
    )
    seen["confined"] = all("NoNewPrivs:\t1" in text and "Seccomp:\t2" in text for text in status.values())

    http = httpx.Client(base_url=f"{API}/api/v1", timeout=30)
    token = http.post("/auth/login", json={"username": "admin", "password": "correct horse"}).json()["access_token"]
    http.headers["Authorization"] = f"Bearer {token}"
    monitor = http.post("/monitors", json={"name": "slow", "type": "simulator", "url": SLOW}).json()["id"]
    task = f"/tasks/{http.post(f'/monitors/{monitor}/hosts/pull-async').json()['task_id']}"
    seen["began"] = until(lambda: http.get(task).json()["state"] == "running")
    systemctl("stop", "nagare-worker@1")
    seen["stopped"] = systemctl("show", "-P", "Result", "nagare-worker@1")
    seen["handed_back"] = {name: http.get(task).json()[name] for name in ("state", "attempts")}
    http.patch(f"/monitors/{monitor}", json={"url": SLOW.partition("&latency")[0]})
    systemctl("start", "nagare-worker@1")
    seen["done"] = until(lambda: http.get(task).json()["state"] == "succeeded")

    for pid in main_pids().values():
        os.kill(pid, 9)
    seen["again"] = until(lambda: httpx.get(f"{API}/readyz").status_code == 200 and min(main_pids().values()) > 0)
    systemctl("stop", "nagare.target")
    seen["results"] = {part: systemctl("show", "-P", "Result", part) for part in PARTS}
    return seen


if __name__ == "__main__":
    found: dict[str, Any] = {}
    try:
        found = use()
    finally:
        found["log"] = subprocess.run(
            ["journalctl", "--no-pager", "-o", "cat", "-u", "nagare*"], capture_output=True, text=True
        ).stdout
        Path(sys.argv[1]).write_text(json.dumps(found))
