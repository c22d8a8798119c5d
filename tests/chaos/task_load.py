"""Tasks that somebody asks for at a steady rate."""

import random
import time
from dataclasses import dataclass, field

import httpx

from tests.acceptance.stack import Stack

CANCELLED = 0.02
"""The share of the accepted tasks that somebody cancels at once."""
FLEET = "simulator://demo?hosts=6&items=4"
SOURCES = [
    FLEET,
    f"{FLEET}&seed=2&latency_ms=300",
    f"{FLEET}&seed=3&latency_ms=100&fail=0.3",
    f"{FLEET}&seed=4&latency_ms=1000&hang=0.03",
    f"{FLEET}&seed=5&latency_ms=500&crash=0.1",
]


@dataclass
class TaskLoad:
    """Asks for `tasks` tasks, pulls from monitors of which some are slow or fail, and test alerts."""

    stack: Stack
    seed: int
    tasks: int
    accepted: list[str] = field(default_factory=list)
    refused: int = 0
    wrong_answers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.monitors = [self.stack.user.add_monitor(url) for url in SOURCES]

    def run(self, seconds: float) -> None:
        """Ask for all of them in `seconds` seconds."""
        dice = random.Random(self.seed)
        user = self.stack.new_user()
        begun_at = time.monotonic()
        for number in range(self.tasks):
            time.sleep(max(0.0, begun_at + seconds * number / self.tasks - time.monotonic()))
            monitor = dice.choice(self.monitors)
            paths = [f"/monitors/{monitor}/hosts/pull-async", f"/monitors/{monitor}/items/pull-async"]
            path = dice.choice([*paths, *paths, "/alerts/generate-test"])
            try:
                answer = user.http.post(path)
                if answer.status_code == 503:
                    self.refused += 1
                    continue
                if answer.status_code != 202:
                    self.wrong_answers.append(f"{path}: {answer.status_code} {answer.text}")
                    continue
                self.accepted.append(answer.json()["task_id"])
                if dice.random() < CANCELLED:
                    user.http.post(f"/tasks/{self.accepted[-1]}/cancel")
            except httpx.TransportError:
                # The process that was to answer is gone. If it recorded a task, the ledger's proof includes it.
                self.refused += 1
