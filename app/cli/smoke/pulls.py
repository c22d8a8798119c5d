"""Pulling hosts and items from five simulated monitors."""

from typing import Any

from app.cli.smoke.client import API, Client
from app.cli.smoke.report import Report
from app.clock import monotonic
from app.enums import COUNTED_TYPES

MONITORS = 5
HOSTS = 4
ITEMS = 3
DONE_WITHIN_S = 120
QUEUES = {*map(str, COUNTED_TYPES), "dead"}


def pull_hosts(client: Client, report: Report, prefix: str) -> list[int]:
    """Pull the hosts of five monitors at once; return the monitors' ids."""
    url = f"simulator://smoke?hosts={HOSTS}&items={ITEMS}"
    monitors = [
        client.make_monitor(name=f"{prefix}-{number}", type="simulator", url=f"{url}&seed={number}")
        for number in range(1, MONITORS + 1)
    ]
    task_ids = [_submit(client, report, f"/monitors/{monitor_id}/hosts/pull-async", "Host") for monitor_id in monitors]
    _show_stats(client, report)
    _check_ends(client, report, task_ids)
    for monitor_id in monitors:
        hosts = client.every("/hosts", monitor_id=monitor_id)
        report.check(len(hosts) == HOSTS, f"monitor {monitor_id} has {len(hosts)} hosts: {_names(hosts)}")
    return monitors


def pull_items(client: Client, report: Report, monitor_id: int) -> None:
    """Pull the items of one host, then one host and one item alone."""
    host_id = client.every("/hosts", monitor_id=monitor_id)[0]["id"]
    host = f"/monitors/{monitor_id}/hosts/{host_id}"
    task_id = _submit(client, report, f"{host}/items/pull-async", "Item", host_id=host_id)
    _check_ends(client, report, [task_id])
    items = client.every("/items", host_id=host_id)
    report.check(len(items) == ITEMS, f"host {host_id} has {len(items)} items: {_names(items)}")
    values = [f"{item['key']} = {item['value']} {item['units']}".strip() for item in items if item["value"] is not None]
    report.check(len(values) == len(items), f"each has a value: {', '.join(values)}")
    item_id = items[0]["id"]
    one_host = _submit(client, report, f"{host}/pull-async", "Host", host_id=host_id)
    one_item = _submit(client, report, f"{host}/items/{item_id}/pull-async", "Item", host_id=host_id, item_id=item_id)
    _check_ends(client, report, [one_host, one_item])


def _submit(client: Client, report: Report, path: str, kind: str, **ids: int) -> str:
    """Ask for a pull, check the whole answer, return the task's id."""
    started_at = monotonic()
    answer = client.call("POST", path, 202)
    took_ms = (monotonic() - started_at) * 1000
    body: dict[str, Any] = answer.json()
    expected = {
        "message": f"{kind} pull task queued",
        "task_id": body.get("task_id"),
        "monitor_id": int(path.split("/")[2]),
        **ids,
    }
    report.check(body == expected, f"POST {path}: 202 in {took_ms:.0f} ms, {body}")
    task_id = str(body.get("task_id"))
    location = answer.headers.get("Location", "")
    report.check(location.endswith(f"{API}/tasks/{task_id}"), f"its Location is {location}")
    return task_id


def _show_stats(client: Client, report: Report) -> None:
    stats = client.get("/queue/stats")
    is_right = set(stats) == QUEUES and all(isinstance(length, int) and length >= 0 for length in stats.values())
    report.check(is_right, f"GET /queue/stats: {stats}")


def _check_ends(client: Client, report: Report, task_ids: list[str]) -> None:
    for task_id in task_ids:
        task = client.wait_for_end(task_id, DONE_WITHIN_S)
        outcome = task["result"] if task["state"] == "succeeded" else task["error"]
        report.check(task["state"] == "succeeded", f"{task_id} is {task['state']}: {outcome}")


def _names(rows: list[dict[str, Any]]) -> str:
    return ", ".join(row["name"] for row in rows)
