"""Heartbeats with a real PostgreSQL, where pings, leaders and administrators really act at once."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from app.composition import Services
from app.enums import HeartbeatStatus
from tests.real.services_postgresql import migrated, monitor_id, services, time
from tests.services.conftest import Time
from tests.services.liveness.test_heartbeats import *  # noqa: F403
from tests.services.liveness.test_heartbeats import FAIL, MINUTELY, SUCCESS, alerts, beat, receive

__all__ = ["beat", "migrated", "monitor_id", "services", "time"]

pytestmark = pytest.mark.real


def test_pings_changes_and_leaders_do_not_lock_each_other_out(services: Services, time: Time, monitor_id: int) -> None:
    manage = services.liveness.heartbeats
    many = [manage.create(MINUTELY | {"name": str(number), "monitor_id": monitor_id}) for number in range(12)]
    for _ in range(3):
        for one in many:
            receive(services, one, SUCCESS)
        for _ in range(10):
            services.liveness.ping_reception.note()
            time.pass_by(10)
        with ThreadPoolExecutor(16) as threads:
            waits: list[Future[Any]] = [threads.submit(services.liveness.heartbeat_watch.tick) for _ in range(4)]
            waits += [threads.submit(receive, services, one, ping) for ping in (FAIL, SUCCESS) for one in many]
            waits += [threads.submit(manage.update, one["id"], {"severity": 1}) for one in many]
            for wait in waits:
                wait.result()
    for one in many:
        receive(services, one, SUCCESS)
    assert manage.counts()[HeartbeatStatus.UP] == len(many)
    assert {state for _, state, _ in alerts(services)} == {2}
