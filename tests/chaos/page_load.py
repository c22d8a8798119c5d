"""Alerts that page people: posted at a steady rate, acknowledged and resolved while the storm strikes."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from tests.acceptance.stack import Stack
from tests.acceptance.user import Json
from tests.chaos.page_setup import GROUPS, TEAMS, PageSetup, Receivers
from tests.chaos.receiver import Receiver, Strikes
from tests.cli.processes import wait_for

PUBLIC_URL = "https://nagare.example"
"""With it, messages name their pages by address."""
ACKNOWLEDGED = 0.1
"""The share of the posts after which somebody acknowledges an alert or a page."""
RESOLVED = 0.35
COPIED = 0.2
QUIET_END = 0.4
"""The share of the time, at its end, in which alerts only end: their last messages need some time too."""


@dataclass
class PageLoad:
    """Posts about `alerts` alerts in `seconds` seconds."""

    stack: Stack
    seed: int
    alerts: int
    fired: list[str] = field(default_factory=list)
    """The alerts whose post was answered with 202."""
    ended: list[str] = field(default_factory=list)
    answered: int = 0
    """How many acknowledgements were answered with 200."""
    wrong_answers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.receivers = Receivers(Receiver(self.stack, "smtp"), Receiver(self.stack, "http"))
        self._labels: dict[str, Json] = {}
        self._unanswered: set[str] = set()

    def accidents(self, dice: random.Random) -> Mapping[str, Callable[[], None]]:
        """Return the accidents of its receivers."""
        return Strikes([self.receivers.smtp, self.receivers.http]).accidents(dice)

    def prepare(self) -> None:
        """Set up who is told; a worker must run."""
        PageSetup(self.stack, self.receivers).make()
        monitor = self.stack.user.add_monitor("simulator://demo?hosts=1&items=1")
        self._token = self.stack.user.post(f"/monitors/{monitor}/webhook-token", 201)["token"]
        self.monitor_id = monitor

    def run(self, seconds: float) -> None:
        """Let alerts fire and end, and people answer."""
        dice, begun_at = random.Random(self.seed), time.monotonic()
        firing_s = seconds * (1 - QUIET_END)
        for number in range(self.alerts):
            time.sleep(max(0.0, begun_at + firing_s * number / self.alerts - time.monotonic()))
            self._fire(f"alert-{number}", dice)
            if dice.random() < RESOLVED and len(self.fired) > len(self.ended):
                self._end(dice.choice(self._standing()))
            if dice.random() < ACKNOWLEDGED:
                self._acknowledge(dice)
        for name in self._standing():
            time.sleep(max(0.0, (begun_at + seconds - time.monotonic()) / (1 + len(self._standing()))))
            self._end(name)

    def finish(self) -> None:
        """End what still fires, so that pages come to their ends."""
        for name in [*self._standing(), *sorted(self._unanswered - {*self.ended})]:
            wait_for(lambda name=name: self._end(name), f"the end of {name} to be accepted")  # type: ignore[misc]

    def _standing(self) -> list[str]:
        ended = {*self.ended}
        return [name for name in self.fired if name not in ended]

    def _fire(self, name: str, dice: random.Random) -> None:
        labels = {"team": dice.choice(TEAMS), "group": f"group-{dice.randrange(GROUPS)}"}
        if dice.random() < COPIED:
            labels["copy"] = "yes"
        self._labels[name] = labels
        if self._post(name, "firing"):
            self.fired.append(name)
        else:
            self._unanswered.add(name)

    def _end(self, name: str) -> bool:
        if not self._post(name, "resolved"):
            return False
        self.ended.append(name)
        return True

    def _post(self, name: str, status: str) -> bool:
        """Return whether it was accepted."""
        body = {"id": name, "message": f"disk of {name} is full", "status": status, "severity": "critical"}
        answer = self._call("/alerts/webhook", self._token, {**body, "labels": self._labels[name]})
        return answer is not None and answer.status_code == 202

    def _acknowledge(self, dice: random.Random) -> None:
        """Answer one of the open pages, or one of the active alerts."""
        what, choice = dice.choice((("pages", {"state": "open"}), ("alerts", {"status": "0"})))
        with self._client(self.stack.token) as http:
            try:
                listed = http.get(f"/{what}", params={**choice, "limit": 50})
            except httpx.TransportError:
                return
        rows = listed.json()["items"] if listed.status_code == 200 else []
        if not rows:
            return
        answer = self._call(f"/{what}/{dice.choice(rows)['id']}/acknowledge", self.stack.token, {})
        self.answered += answer is not None and answer.status_code == 200

    def _call(self, path: str, token: str, body: Json) -> httpx.Response | None:
        """Return the answer; None if there was none. What is neither is noted."""
        with self._client(token) as http:
            try:
                answer = http.post(path, json=body)
            except httpx.TransportError:
                return None
        # 409: somebody else answered it in between.
        if answer.status_code not in (200, 202, 409, 503):
            self.wrong_answers.append(f"{path}: {answer.status_code} {answer.text}")
        return answer

    def _client(self, token: str) -> httpx.Client:
        base_url = self.stack.user.http.base_url
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=base_url, headers=headers, timeout=30, trust_env=False)
