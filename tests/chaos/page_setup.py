"""Sets up people, their contact methods, escalations and routes by the API, as users do."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from tests.acceptance.stack import Stack
from tests.acceptance.user import Json, User
from tests.chaos.receiver import Receiver
from tests.cli.instance import free_port
from tests.cli.processes import wait_for

PASSWORD = "correct horse battery"
CODE = re.compile(r"\b\d{6}\b")
WINDOW = "works on the power supply"
TEAMS = ("desk", "desk", "desk", "crew", "flat", "once", "dead-end", "works", "nobody")
"""The label `team` of the alerts. Each has a route of its own; `works` is in a maintenance window, `nobody` in none."""
GROUPS = 4
SECOND_STEP_S = 10
SECOND_METHOD_S = 5


@dataclass(frozen=True)
class Receivers:
    """A mail server, and a server that takes JSON."""

    smtp: Receiver
    http: Receiver

    def mail(self, name: str) -> str:
        """Return the address of a mailbox."""
        addresses = f"from=nagare@example.org&to={name}@example.org"
        return f"mailto://127.0.0.1:{self.smtp.port}?{addresses}&smtp=127.0.0.1&mode=insecure"

    def json(self, name: str) -> str:
        """Return an address to which JSON is posted."""
        return f"json://127.0.0.1:{self.http.port}/{name}"


class PageSetup:
    """Two people in a team, an escalation with a fallback, and routes that end in each way."""

    def __init__(self, stack: Stack, receivers: Receivers) -> None:
        self._stack = stack
        self._admin = stack.user
        self._receivers = receivers

    def make(self) -> None:
        """Set everything up. A worker must run, since it sends the codes."""
        people = {name: self._person(name) for name in ("ann", "bob")}
        team = self._made("/teams", name="crew", members=list(people))
        room = self._made("/channels", name="room", url=self._receivers.json("room"))
        escalation = self._made(
            "/escalations",
            name="desk",
            steps=[
                {"after_s": 0, "targets": [{"type": "user", "id": people["ann"]}]},
                {"after_s": SECOND_STEP_S, "targets": [{"type": "user", "id": people["bob"]}]},
            ],
            fallback={"type": "channel", "id": room},
        )
        self._routes(team, room, escalation)
        now = datetime.now(UTC)
        times = {"starts_at": (now - timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(days=1)).isoformat()}
        self._made("/maintenance", name=WINDOW, match='{team="works"}', **times)

    def _routes(self, team: int, room: int, escalation: int) -> None:
        nowhere = f"json://127.0.0.1:{free_port()}/nowhere"
        self._route("copies", room, match='{copy="yes"}', continues=True, batch_s=1)
        self._route("flat", room, match='{team="flat"}', batch_s=1)
        self._route("works", room, match='{team="works"}', batch_s=1)
        once = self._made("/channels", name="once", url=self._receivers.json("once"), delivery="at_most_once")
        self._route("once", once, match='{team="once"}', batch_s=1)
        closed = self._made("/channels", name="closed", url=nowhere)
        self._route("dead-end", closed, match='{team="dead-end"}', batch_s=1)
        paged = {"target": "escalation", "escalation_id": escalation, "group_by": ["group"]}
        self._made("/routes", name="desk", match='{team="desk"}', min_severity=0, continues=False, **paged)
        crew = {"target": "team", "team_id": team, "group_by": ["group"]}
        self._made("/routes", name="crew", match='{team="crew"}', min_severity=0, continues=False, **crew)

    def _route(self, name: str, channel: int, **fields: object) -> None:
        target = {"target": "channel", "channel_id": channel, "min_severity": 0, "continues": False}
        self._made("/routes", name=name, **{**target, **fields})

    def _person(self, name: str) -> int:
        """Add a user with two verified contact methods: told by mail at once, and by HTTP somewhat later."""
        made: Json = self._admin.post("/users", 201, {"username": name, "password": PASSWORD, "role": "operator"})
        with httpx.Client(base_url=self._admin.http.base_url, timeout=30, trust_env=False) as http:
            user = User(http)
            token = user.post("/auth/login", 200, {"username": name, "password": PASSWORD})["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            ways = {
                f"mail of {name}": (self._receivers.mail(name), self._receivers.smtp),
                f"http of {name}": (self._receivers.json(name), self._receivers.http),
            }
            # Both at once: each code is a message of its own.
            methods = {
                way: int(user.post("/users/me/contact-methods", 201, {"name": way, "url": url})["id"])
                for way, (url, _) in ways.items()
            }
            for way, (_, receiver) in ways.items():
                self._verify(user, methods[way], way, receiver)
            rules = [
                {"channel_id": method, "after_s": after_s}
                for method, after_s in zip(methods.values(), (0, SECOND_METHOD_S), strict=True)
            ]
            user.call("PUT", "/users/me/contact-rules", 200, {"rules": rules})
        return int(made["id"])

    def _verify(self, user: User, method: int, name: str, receiver: Receiver) -> None:
        wait_for(lambda: self._codes(receiver, name), f"the code of the {name}", 60)
        user.post(f"/users/me/contact-methods/{method}/verify", 200, {"code": self._codes(receiver, name)[-1]})

    def _codes(self, receiver: Receiver, name: str) -> list[str]:
        """Return the codes that came for a contact method."""
        messages = [message for message in receiver.book.kept() if f"“{name}”" in message["body"]]
        return [found[0] for message in messages if (found := CODE.search(message["title"]))]

    def _made(self, path: str, **fields: object) -> int:
        return int(self._admin.post(path, 201, fields)["id"])
