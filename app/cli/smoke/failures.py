"""Monitors that cannot be reached or refuse the password: retries, the dead letter, its retry and its discarding."""

import secrets
import time
from typing import Any

from app.cli.smoke.client import POLL_S, Client
from app.cli.smoke.report import Report
from app.clock import monotonic

UNREACHABLE = "http://127.0.0.1:9"
USERNAME = "nagare-smoke"
DEAD_WITHIN_S = 300
LISTED_WITHIN_S = 5
LETTER_FIELDS = {"task_id", "type", "params", "reason", "error", "attempts", "worker", "created_at", "dead_at"}


def unreachable_monitor(client: Client, report: Report, prefix: str) -> None:
    """Follow a pull that cannot succeed to its dead letter; run that again, and throw it away."""
    password = secrets.token_urlsafe()
    monitor_id = client.make_monitor(
        name=f"{prefix}-unreachable", type="zabbix", url=UNREACHABLE, username=USERNAME, password=password
    )
    task_id = client.post(f"/monitors/{monitor_id}/hosts/pull-async", 202)["task_id"]
    task = client.wait_for_end(task_id, DEAD_WITHIN_S, on_change=lambda task: _tell(report, task))
    attempts = task["max_retries"] + 1
    report.check(task["state"] == "dead" and task["attempts"] == attempts, f"dead after {task['attempts']} attempts")
    report.check(task["reason"] == "source_unreachable", f"the reason: {task['reason']}, {task['error']}")
    report.check(len(task["history"]) == attempts, f"GET /tasks/{task_id} lists {len(task['history'])} attempts")
    stats = _stats_with_letter(client)
    report.check(stats["dead"] >= 1, f"GET /queue/stats counts {stats['dead']} dead")
    _check_letter(client, report, task_id, password)
    client.post(f"/queue/dead/{task_id}/retry", 202)
    again = client.wait_for_end(task_id, DEAD_WITHIN_S)
    is_same_end = (again["state"], again["attempts"]) == ("dead", attempts)
    report.check(is_same_end, f"retried, it is {again['state']} after {again['attempts']} attempts")
    discarded = client.call("DELETE", f"/queue/dead/{task_id}").status_code
    left = client.call("GET", f"/queue/dead/{task_id}").status_code
    report.check((discarded, left) == (204, 404), f"discarded: {discarded}, and then it is gone: {left}")


def refused_login(client: Client, report: Report, prefix: str, zabbix_url: str) -> None:
    """Follow a pull that is refused for its password: no retry can help."""
    # A made-up user: a wrong password of a real one could lock that account.
    monitor_id = client.make_monitor(
        name=f"{prefix}-refused", type="zabbix", url=zabbix_url, username=USERNAME, password=secrets.token_urlsafe()
    )
    task_id = client.post(f"/monitors/{monitor_id}/hosts/pull-async", 202)["task_id"]
    task = client.wait_for_end(task_id, DEAD_WITHIN_S, on_change=lambda task: _tell(report, task))
    report.check(task["state"] == "dead" and task["attempts"] == 1, f"dead after {task['attempts']} attempt")
    report.check(task["reason"] == "source_refused_login", f"the reason: {task['reason']}, {task['error']}")
    client.call("DELETE", f"/queue/dead/{task_id}")


def _stats_with_letter(client: Client) -> dict[str, int]:
    """Return the statistics once a dead letter is counted: a worker writes the ledger first, then the list."""
    deadline = monotonic() + LISTED_WITHIN_S
    while True:
        stats: dict[str, int] = client.get("/queue/stats")
        if stats["dead"] or monotonic() > deadline:
            return stats
        time.sleep(POLL_S)


def _check_letter(client: Client, report: Report, task_id: str, password: str) -> None:
    listed = {letter["task_id"] for letter in client.every("/queue/dead")}
    report.check(task_id in listed, f"GET /queue/dead lists it, one of {len(listed)}")
    answer = client.call("GET", f"/queue/dead/{task_id}", 200)
    missing = LETTER_FIELDS - set(answer.json())
    report.check(not missing, f"the dead letter has all fields{f', except {sorted(missing)}' if missing else ''}")
    report.check(password not in answer.text, "the password is not in it")


def _tell(report: Report, task: dict[str, Any]) -> None:
    due = f", again at {task['next_run_at']}" if task["state"] == "retrying" else ""
    report.note(f"{task['state']}, attempt {task['attempts']}{due}")
