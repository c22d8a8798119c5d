"""Posts of many clients are all accounted for, whatever becomes of the workers meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.acceptance.stack import Stack
from tests.acceptance.user import Json, User
from tests.cli.processes import wait_for

ALERTS = 100
CLIENTS = 4
ROUNDS = ("firing", "firing", "resolved", "firing", "resolved")


class Poster:
    """A client that posts its own alerts, round by round, each after the one before was answered."""

    def __init__(self, stack: Stack, token: str, number: int) -> None:
        self._url = f"http://127.0.0.1:{stack.port}/api/v1/alerts/webhook"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._number = number

    def post(self, status: str) -> None:
        with httpx.Client(headers=self._headers, timeout=30, trust_env=False) as http:
            for number in range(ALERTS // CLIENTS):
                body = {"message": f"告警 {number}", "id": f"{self._number}-{number}", "status": status}
                answer = http.post(self._url, json=body)
                assert answer.status_code == 202, answer.text


def test_a_storm_of_posts_while_workers_are_killed(stack: Stack, user: User) -> None:
    monitor = user.add_monitor("simulator://demo?hosts=1")
    token = user.post(f"/monitors/{monitor}/webhook-token", 201)["token"]
    posters = [Poster(stack, token, number) for number in range(CLIENTS)]
    worker = stack.start_worker()
    with ThreadPoolExecutor(CLIENTS) as threads:
        for status in ROUNDS:
            posted = [threads.submit(poster.post, status) for poster in posters]
            worker.kill()
            worker = stack.launch_worker()
            for each in posted:
                each.result()

    def is_settled() -> bool:
        tasks = user.all("/tasks", type="receive_alerts")
        return all(task["state"] == "succeeded" for task in tasks)

    wait_for(is_settled, "all posts to be taken in", timeout_s=60)
    alerts = user.all("/alerts", monitor_id=monitor)
    assert len(alerts) == ALERTS
    assert {(alert["status"], alert["count"], alert["occurrence"]) for alert in alerts} == {(2, 3, 1)}
    histories = [_kinds(user, alert) for alert in alerts[:5]]
    assert histories == [["resolved", "reopened", "resolved", "fired"]] * 5


def _kinds(user: User, alert: Json) -> list[str]:
    return [event["kind"] for event in user.all(f"/alerts/{alert['id']}/events")]
