"""Test alerts, what critical ones do to hosts and items, and the health score."""

import re
from typing import Any

from app.cli.smoke.client import Client
from app.cli.smoke.pulls import DONE_WITHIN_S
from app.cli.smoke.report import Report, Unexpected
from app.enums import AlertStatus, InventoryStatus, Severity

COUNT = 50
COMMENT = re.compile(r"Auto-generated test alert #\d+ at \S+")
MARK = "Critical alert: "


def generate_and_resolve(client: Client, report: Report) -> None:
    """Make fifty alerts, look at them, at their hosts and at the score, and resolve them."""
    before = _score(client, report, "before")
    newest = client.get("/alerts", limit=1)["items"]
    alerts = _generate(client, report, after_id=newest[0]["id"] if newest else 0)
    try:
        _check_fields(client, report, alerts)
        critical = [alert for alert in alerts if alert["severity"] == Severity.CRITICAL]
        _check_marks(client, report, critical)
        during = _score(client, report, "with the alerts")
        report.check(during["load"] > before["load"] and during["score"] <= before["score"], "the score fell")
    finally:
        resolved = client.post("/alerts/resolve", 200, json={"ids": [alert["id"] for alert in alerts]})
    report.check(resolved == {"resolved": len(alerts)}, f"POST /alerts/resolve: {resolved}")
    after = _score(client, report, "resolved")
    report.check(after["load"] < during["load"] and after["score"] >= during["score"], "the score rose")
    _check_marks_gone(client, report, critical)


def _score(client: Client, report: Report, when: str) -> dict[str, Any]:
    score: dict[str, Any] = client.get("/alerts/score")
    is_quiet = not any(count for counts in score["alerts"].values() for count in counts.values())
    is_right = score["score"] == 100 if is_quiet else 0 <= score["score"] <= 99
    report.check(is_right, f"{when}: score {score['score']}, load {score['load']:.3g} on {score['hosts']} hosts")
    return score


def _generate(client: Client, report: Report, after_id: int) -> list[dict[str, Any]]:
    accepted = client.post("/alerts/generate-test", 202, params={"count": COUNT})
    expected = {"message": "Test alert generation task queued", "task_id": accepted.get("task_id"), "count": COUNT}
    report.check(accepted == expected, f"POST /alerts/generate-test?count={COUNT}: 202, {accepted}")
    task = client.wait_for_end(accepted["task_id"], DONE_WITHIN_S)
    if task["state"] != "succeeded":
        raise Unexpected(f"{accepted['task_id']} is {task['state']}: {task['error']}")
    newest = client.get("/alerts", limit=500)["items"]
    made = [alert for alert in newest if alert["id"] > after_id and COMMENT.fullmatch(alert["comment"])]
    report.check(len(made) >= COUNT, f"{len(made)} new alerts, for example: {made[0]['message'] if made else None}")
    return made


def _check_fields(client: Client, report: Report, alerts: list[dict[str, Any]]) -> None:
    count = len(alerts)
    severities = {severity.name.lower(): sum(a["severity"] == severity for a in alerts) for severity in Severity}
    report.check(sum(severities.values()) == count, f"their severities: {severities}")
    report.check(all(a["status"] == AlertStatus.ACTIVE for a in alerts), "all of them are active")
    hosts = {a["host_id"] for a in alerts}
    owners = {item["id"]: item["host_id"] for host_id in hosts for item in client.every("/items", host_id=host_id)}
    is_own = [a["item_id"] is None or owners.get(a["item_id"]) == a["host_id"] for a in alerts]
    report.check(all(is_own), f"{sum(is_own)} of {count} items belong to their alert's host ({len(hosts)} hosts)")
    report.note(f"for example: {alerts[0]['comment']}")


def _check_marks(client: Client, report: Report, critical: list[dict[str, Any]]) -> None:
    paths = {f"/hosts/{a['host_id']}" for a in critical} | {f"/items/{a['item_id']}" for a in critical if a["item_id"]}
    rows = [client.get(path) for path in sorted(paths)]
    marked = [row for row in rows if row["status"] == InventoryStatus.ERROR and _is_marked(row)]
    example = f": {marked[0]['name']}, {marked[0]['status_description']}" if marked else ""
    report.check(len(marked) == len(rows), f"{len(marked)} of {len(rows)} critical hosts and items in error{example}")


def _check_marks_gone(client: Client, report: Report, critical: list[dict[str, Any]]) -> None:
    hosts = [client.get(f"/hosts/{host_id}") for host_id in {alert["host_id"] for alert in critical}]
    wrong = [host for host in hosts if _is_marked(host) and not _has_open_critical(client, host["id"])]
    report.check(not wrong, f"{len(hosts) - len(wrong)} of {len(hosts)} hosts have no error left from these alerts")


def _is_marked(row: dict[str, Any]) -> bool:
    return str(row["status_description"]).startswith(MARK)


def _has_open_critical(client: Client, host_id: int) -> bool:
    alerts = client.every("/alerts", host_id=host_id, severity=int(Severity.CRITICAL))
    return any(alert["status"] != AlertStatus.RESOLVED for alert in alerts)
