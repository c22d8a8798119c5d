"""The mixed work of a busy day: reads, dashboards, submissions, pulls, posts to the webhook, test alerts."""

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable

import httpx

from tests.acceptance.stack import Stack

CLIENTS = 4
FLEET = "simulator://demo?hosts=20&items=10&alerts=0.3"
WEBHOOK_ALERTS = 200
"""So many alerts fire and end again and again: new ones each time would be growth that is asked for."""
PAGES = ("/", "/hosts", "/items", "/alerts", "/tasks", "/dead-letters", "/monitors")
LISTS = ("/hosts", "/items", "/alerts", "/tasks", "/monitors", "/workers", "/alerts/score", "/queue/stats", "/audit")


class Work:
    """What some clients do, at a pace or as fast as they are answered; everything but a success is counted."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._monitors = [stack.user.add_monitor(FLEET) for _ in range(3)]
        self._webhook = stack.user.post(f"/monitors/{self._monitors[0]}/webhook-token", 201)["token"]
        for monitor in self._monitors:
            stack.user.end(stack.user.pull(monitor, "items"))
        self._numbers = itertools.count()
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def run(self, seconds: float, a_second: float = float("inf")) -> int:
        """Work for so long and return how many requests were answered."""
        before = self.done.total()
        end_at = time.monotonic() + seconds
        clients = [
            threading.Thread(target=self._work, args=(end_at, a_second / CLIENTS, seed)) for seed in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        return self.done.total() - before

    def _work(self, end_at: float, a_second: float, seed: int) -> None:
        dice = random.Random(seed)
        kinds: list[tuple[int, Callable[[httpx.Client, random.Random], httpx.Response]]] = [
            (40, self._read),
            (15, self._look),
            (12, self._pull),
            (20, self._post),
            (3, self._generate),
            (10, self._pull_here),
        ]
        weights, calls = zip(*kinds, strict=True)
        base_url = str(self._stack.user.http.base_url)
        with httpx.Client(base_url=base_url, timeout=60, trust_env=False) as http:
            due_at = time.monotonic()
            while time.monotonic() < end_at:
                call = dice.choices(calls, weights)[0]
                name = call.__name__.strip("_")
                try:
                    answer = call(http, dice)
                except httpx.TransportError as error:
                    self.failed[f"{name} {type(error).__name__}"] += 1
                else:
                    if answer.is_success:
                        self.done[name] += 1
                    else:
                        self.failed[f"{name} {answer.status_code}"] += 1
                due_at = max(due_at + 1 / a_second, time.monotonic() - 1)
                time.sleep(max(0, due_at - time.monotonic()))

    @property
    def _signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._stack.token}"}

    def _read(self, http: httpx.Client, dice: random.Random) -> httpx.Response:
        return http.get(dice.choice(LISTS), headers=self._signed)

    def _look(self, http: httpx.Client, dice: random.Random) -> httpx.Response:
        page = http.base_url.join(dice.choice(PAGES))
        return http.get(page, headers={"Cookie": f"nagare_session={self._stack.token}"})

    def _pull(self, http: httpx.Client, dice: random.Random) -> httpx.Response:
        what = dice.choice(("hosts", "items", "alerts"))
        return http.post(f"/monitors/{dice.choice(self._monitors)}/{what}/pull-async", headers=self._signed)

    def _pull_here(self, http: httpx.Client, dice: random.Random) -> httpx.Response:
        return http.post(f"/monitors/{dice.choice(self._monitors)}/hosts/pull", headers=self._signed)

    def _generate(self, http: httpx.Client, dice: random.Random) -> httpx.Response:
        return http.post("/alerts/generate-test", params={"count": 1}, headers=self._signed)

    def _post(self, http: httpx.Client, dice: random.Random) -> httpx.Response:
        number = next(self._numbers)
        alert = {
            "message": "磁盘空间不足",
            "id": f"disk {number % WEBHOOK_ALERTS}",
            "status": dice.choice(("firing", "resolved")),
        }
        return http.post("/alerts/webhook", json=alert, headers={"Authorization": f"Bearer {self._webhook}"})
