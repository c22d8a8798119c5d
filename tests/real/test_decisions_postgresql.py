"""Decisions in a real PostgreSQL, where two leaders really work at once."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.response.test_decisions import *  # noqa: F403
from tests.services.response.test_decisions import notify, receiver, serve

__all__ = ["by", "migrated", "monitor_id", "notify", "receiver", "serve", "services", "time"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("forked_sender")]  # type: ignore[assignment] # one mark there
