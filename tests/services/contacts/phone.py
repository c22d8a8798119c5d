"""A person with a phone that takes messages, and the worker that sends them."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from app.composition import Services
from app.errors import NagareError
from app.rules.task_params.contacts import TryChannel
from app.services.access.audit import Editor
from app.store.database.pages import PageRequest
from app.store.ledger import task_runs
from tests.services.conftest import add_user
from tests.services.response.receiver import Receiver, Serve

DEFAULTS = {"kind": "apprise", "language": "en", "timezone": "UTC", "delivery": "at_least_once", "enabled": True}
CODE = re.compile(r"\b[0-9]{6}\b")


@dataclass
class Phone:
    """What the person has, and what arrived on it."""

    services: Services
    receiver: Receiver
    user_id: int
    editor: Editor

    def add(self, name: str = "phone", **fields: Any) -> int:
        """Add a contact method and return its id; its code is not sent yet."""
        given = {"name": name, "url": self.receiver.url, **DEFAULTS, **fields}
        return int(self.services.contacts.contact_methods.create(self.user_id, given, self.editor)["id"])

    def verified(self, name: str = "phone", **fields: Any) -> int:
        """Add a contact method whose code arrives and is typed."""
        channel_id = self.add(name, **fields)
        self.work()
        self.services.contacts.contact_methods.verify(self.user_id, channel_id, self.code, self.editor)
        return channel_id

    def queued(self) -> list[str]:
        """Return the tasks that wait, the oldest first."""
        with self.services.database.reading() as connection:
            page = task_runs.fetch(connection, page=PageRequest(limit=500), type="try_channel", state="queued")
        return sorted(task["task_id"] for task in page.items)

    def work(self) -> list[Any]:
        """Do the tasks that wait, as a worker does; return their results."""
        return [self.run(task_id) for task_id in self.queued()]

    def run(self, task_id: str) -> Any:
        """Do one task."""
        claim = self.services.ledger.lifecycle.begin(task_id, "worker")
        assert claim is not None
        params = TryChannel.parse(claim.params)
        try:
            result = self.services.contacts.trials.send(task_id, params.channel_id, is_code=params.code)
        except NagareError as error:
            self.services.ledger.lifecycle.fail(claim, error)
            raise
        self.services.ledger.lifecycle.succeed(claim, result)
        return result

    @property
    def code(self) -> str:
        """The code that arrived last."""
        return next(found[0] for body in reversed(self.receiver.seen) if (found := CODE.search(body["message"])))


@pytest.fixture
def phone(services: Services, serve: Serve) -> Phone:
    user_id = add_user(services, "anna")
    return Phone(services, Receiver(serve), user_id, Editor(user_id, "anna"))
