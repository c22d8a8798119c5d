"""People who are paged, and a receiver of their messages."""

import pytest

from app.composition import Services
from tests.services.conftest import Time
from tests.services.paging.stage import Inbox, Stage


@pytest.fixture
def inbox(services: Services, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    inbox = Inbox()
    monkeypatch.setattr(services.paging.sender, "send", inbox.send)
    return inbox


@pytest.fixture
def stage(services: Services, time: Time, inbox: Inbox) -> Stage:
    return Stage(services, time, inbox)
