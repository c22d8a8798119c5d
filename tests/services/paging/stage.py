"""A small team that is paged: its people, channels, escalation and route, a receiver, and workers that may crash."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from app import clock
from app.channels.outgoing import Outgoing
from app.channels.sender import Delivery, Outcome
from app.composition import Services
from app.enums import Severity
from app.errors import NagareError, WorkerLost
from app.models import (
    AlertDecision,
    Base,
    Channel,
    ContactRule,
    Notification,
    Page,
    PageDelivery,
    Rota,
    TaskRun,
    Team,
    TeamMember,
)
from app.services.access.audit import Editor
from app.store.database.dialects import table_of
from app.store.database.vault import Vault
from tests.services.alert_rows import add_alert, add_event
from tests.services.conftest import Time, add_user

LEADER = "leader/1"
SENT = Delivery(Outcome.SENT)
FAILED = Delivery(Outcome.FAILED, "HTTP 500")
UNKNOWN = Delivery(Outcome.UNCERTAIN, "no response")
BY = Editor(1, "boss")


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Inbox:
    """Takes messages, unless `answer` says something else, and crashes the sender where a test wants that."""

    seen: list[Outgoing] = field(default_factory=list)
    answer: Callable[[Outgoing], Delivery] = lambda outgoing: SENT
    touch: Callable[[str], None] = lambda place: None

    def send(self, outgoing: Outgoing) -> Delivery:
        self.touch("before the message")
        delivery = self.answer(outgoing)
        if delivery.outcome is not Outcome.FAILED:
            self.seen.append(outgoing)
        self.touch("after the message")
        return delivery

    def to(self, address: str) -> list[Outgoing]:
        return [each for each in self.seen if each.address == address]


class Stage:
    """Everything that the tests of pages do, in the time that they move."""

    def __init__(self, services: Services, time: Time, inbox: Inbox) -> None:
        self.services, self.time, self.inbox = services, time, inbox
        self._vault = Vault(*services.settings.secret_keys())

    def add(self, model: type[Base], **values: Any) -> int:
        table = table_of(model)
        with self.services.database.transaction() as connection:
            return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())

    def rows(self, model: type[Base], **wanted: Any) -> list[Any]:
        table = table_of(model)
        statement = select(table).order_by(*table.primary_key)
        for name, value in wanted.items():
            statement = statement.where(table.c[name] == value)
        with self.services.database.reading() as connection:
            return list(connection.execute(statement))

    def change(self, model: type[Base], id: int, **values: Any) -> None:
        table = table_of(model)
        with self.services.database.transaction() as connection:
            connection.execute(table.update().where(table.c.id == id).values(values))

    def remove(self, model: type[Base], id: int) -> None:
        table = table_of(model)
        with self.services.database.transaction() as connection:
            connection.execute(table.delete().where(table.c.id == id))

    def channel(self, name: str, user_id: int | None = None, **values: Any) -> int:
        row = {
            **{"name": name, "user_id": user_id, "kind": "apprise", "url_sealed": self._vault.seal(name)},
            **{"service": "json", "language": "en", "timezone": "UTC", "delivery": "at_least_once"},
            **{"verified_at": clock.now(), "created_at": clock.now()},
        }
        return self.add(Channel, **row | values)

    def person(self, name: str, *ways: tuple[str, int]) -> int:
        """Add a user with contact methods, each with the seconds after which it is used."""
        user_id = add_user(self.services, name)
        for place, (way, after_s) in enumerate(ways):
            channel_id = self.channel(way, user_id)
            rule = {"position": place, "after_s": after_s, "min_severity": 0, "timezone": "UTC"}
            self.add(ContactRule, user_id=user_id, channel_id=channel_id, **rule)
        return user_id

    def rota(self, name: str) -> int:
        """Add a rota in which nobody is on call."""
        return self.add(Rota, name=name, timezone="UTC", layers=[], created_at=clock.now())

    def team(self, name: str, *user_ids: int) -> int:
        team_id = self.add(Team, name=name, created_at=clock.now())
        with self.services.database.transaction() as connection:
            for user_id in user_ids:
                connection.execute(insert(table_of(TeamMember)).values(team_id=team_id, user_id=user_id))
        return team_id

    def escalation(self, *steps: tuple[int, list[tuple[str, int]]], name: str = "db", **fields: Any) -> int:
        written = [
            {"after_s": after_s, "targets": [{"type": type_, "id": id_} for type_, id_ in targets]}
            for after_s, targets in steps
        ]
        given = {"name": name, "steps": written, "repeats": 0}
        return int(self.services.paging.escalations.create(given | fields, BY)["id"])

    def route(self, name: str = "all", **fields: Any) -> int:
        row = {
            **{"name": name, "enabled": True, "url_sealed": "", "min_severity": 0, "continues": True},
            **{"kinds": ["fired", "acknowledged", "resolved"], "timezone": "UTC", "language": "en", "batch_s": 0},
            # nagare's own alert about a rota without people is not what these tests look at.
            "match": 'alert.source!="nagare"',
            **{"target": "escalation" if "escalation_id" in fields else "team", "created_at": clock.now()},
        }
        return self.add(Notification, **row | fields)

    def fire(self, monitor_id: int, count: int = 1, first: int = 1, **values: Any) -> list[int]:
        with self.services.database.transaction() as connection:
            return [self._fire(connection, monitor_id, first + number, **values) for number in range(count)]

    def _fire(self, connection: Connection, monitor_id: int, number: int, **values: Any) -> int:
        given = {"severity": Severity.CRITICAL, "message": f"disk {number} is full"}
        alert_id = add_alert(connection, monitor_id, number, **given | values)
        add_event(connection, alert_id)
        return alert_id

    def tick(self) -> None:
        """Let the leader work once, then the workers until nothing is queued."""
        self.services.recovery.tick(LEADER)
        while self.work():
            pass

    def run(self, seconds: int) -> None:
        """Let some seconds pass, with the leader at each of them."""
        for _ in range(seconds):
            self.tick()
            self.time.pass_by(1)
        self.tick()

    def work(self) -> int:
        """Run each queued task of pages once; return how many there were."""
        queued = [run.id for run in self.rows(TaskRun, state="queued") if run.next_run_at is None]
        queued = [task_id for task_id in queued if task_id.startswith(("page_step:", "send_page:"))]
        for task_id in queued:
            self.attempt(task_id)
        return len(queued)

    def attempt(self, task_id: str) -> None:
        """Run one attempt as a worker does; one that crashes is found lost."""
        lifecycle = self.services.ledger.lifecycle
        claim = lifecycle.begin(task_id, "worker/1")
        if claim is None:
            return
        try:
            result = self._body(task_id, claim.params)
            lifecycle.succeed(claim, result)
        except Crash:
            lifecycle.lose(task_id, "worker/1", WorkerLost("the worker process is gone"))
        except NagareError as error:
            lifecycle.fail(claim, error)

    def _body(self, task_id: str, params: Mapping[str, Any]) -> dict[str, Any]:
        paging = self.services.paging
        if task_id.startswith("page_step:"):
            return paging.steps.take(**params)
        return paging.delivery.send(task_id, **params)

    @property
    def page(self) -> Any:
        """The only page."""
        (page,) = self.rows(Page)
        return page

    def outcomes(self) -> list[str]:
        """What became of the alerts of these tests: no route takes nagare's own."""
        return [row.outcome for row in self.rows(AlertDecision) if row.route_id is not None]

    def deliveries(self, **wanted: Any) -> list[tuple[str, str, str]]:
        return [(row.kind, row.channel_name, row.state) for row in self.rows(PageDelivery, **wanted)]

    def codes(self) -> list[str]:
        return [entry["code"] for entry in self.page.history]

    def seconds(self, at: datetime, since: datetime) -> float:
        return (at - since).total_seconds()
