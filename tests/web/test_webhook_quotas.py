"""A monitor may post so many alerts a minute, however it posts them and whichever process takes them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from time_machine import travel

from app.composition import Services, build
from app.errors import TooManyRequests
from app.rules.webhooks.parse import parse
from tests.web.caller import FLEET, Answer, Caller
from tests.web.conftest import make_settings, serving

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
QUOTA = 100


@pytest.fixture(params=[QUOTA])
def services(tmp_path: Path, template: Path, valkey: str, request: pytest.FixtureRequest) -> Iterator[Services]:
    settings = make_settings(tmp_path, valkey).model_copy(update={"webhook_alerts_per_minute": request.param})
    with serving(settings, template) as services:
        yield services


@pytest.fixture
def token(services: Services) -> str:
    return add_monitor(services, "one")


def add_monitor(services: Services, name: str) -> str:
    monitor = services.inventory.monitors.create({"name": name, "type": "simulator", "url": FLEET})
    return services.alerts.webhooks.issue_token(monitor["id"])


def alerts(count: int) -> list[dict[str, str]]:
    return [{"message": "磁盘空间不足", "id": str(number)} for number in range(count)]


def post(nobody: Caller, token: str, count: int, **headers: str) -> Answer:
    body = alerts(count)
    return nobody.call("POST", "/alerts/webhook", {"Authorization": f"Bearer {token}", **headers}, json=body)


def statuses(nobody: Caller, token: str, counts: Sequence[int]) -> list[int]:
    return [post(nobody, token, count).status for count in counts]


def count_recorded(services: Services) -> int:
    with services.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT json_array_length(reports) FROM alert_deliveries").scalars()
        return sum(rows)


def test_what_goes_beyond_the_quota_is_refused_whole_and_said_clearly(
    nobody: Caller, token: str, services: Services
) -> None:
    with travel(NOW, tick=False):
        assert statuses(nobody, token, [60, 30, 1]) == [202] * 3
        refused = post(nobody, token, 10)
        assert post(nobody, token, 9).status == 202
    assert (refused.status, refused.headers["Content-Type"]) == (429, "application/problem+json")
    assert refused.headers["Retry-After"] == "1"
    assert refused.json["code"] == "too_many_requests"
    assert "may send 100 alerts a minute" in refused.json["detail"] and "no alert was accepted" in refused.text
    assert count_recorded(services) == QUOTA


def test_the_quota_refills_as_time_passes(nobody: Caller, token: str) -> None:
    with travel(NOW, tick=False):
        assert statuses(nobody, token, [90, 40]) == [202, 429]
        assert post(nobody, token, 40).headers["Retry-After"] == "18"
        assert post(nobody, token, 10).status == 202
    with travel(NOW + timedelta(seconds=30), tick=False):
        assert statuses(nobody, token, [51, 50, 1]) == [429, 202, 429]
    with travel(NOW + timedelta(hours=1), tick=False):
        assert statuses(nobody, token, [100, 1]) == [202, 429]


def test_a_post_that_is_larger_than_the_quota_is_taken_when_that_is_whole(nobody: Caller, token: str) -> None:
    with travel(NOW, tick=False):
        assert statuses(nobody, token, [1, 200]) == [202, 429]
        assert post(nobody, token, 200).headers["Retry-After"] == "1"
    with travel(NOW + timedelta(seconds=1), tick=False):
        assert statuses(nobody, token, [200, 1]) == [202, 429]
        assert post(nobody, token, 1).headers["Retry-After"] == "61"
    with travel(NOW + timedelta(seconds=62), tick=False):
        assert statuses(nobody, token, [1, 1]) == [202, 429]


def test_each_monitor_has_its_own(nobody: Caller, token: str, services: Services) -> None:
    other = add_monitor(services, "two")
    with travel(NOW, tick=False):
        assert statuses(nobody, token, [100, 1]) == [202, 429]
        assert statuses(nobody, other, [100, 1]) == [202, 429]


def test_a_new_token_brings_no_new_quota(nobody: Caller, token: str, services: Services) -> None:
    with travel(NOW, tick=False):
        assert post(nobody, token, 100).status == 202
        assert post(nobody, services.alerts.webhooks.issue_token(1), 1).status == 429


def test_it_is_one_quota_for_all_who_post_at_once_at_whichever_process(services: Services, token: str) -> None:
    with closing(build(services.settings)) as other, travel(NOW, tick=False), ThreadPoolExecutor(40) as threads:
        doors = [services, other]
        posted = parse(alerts(7))

        def send(number: int) -> str:
            try:
                doors[number % 2].alerts.webhooks.accept(token, posted)
            except TooManyRequests:
                return "refused"
            return "taken"

        outcomes = Counter(threads.map(send, range(80)))
    assert outcomes == {"taken": 14, "refused": 66}
    assert count_recorded(services) == 14 * 7


def test_a_repeat_is_answered_and_costs_nothing(nobody: Caller, token: str) -> None:
    key = {"Idempotency-Key": "nightly"}
    with travel(NOW, tick=False):
        first = post(nobody, token, 60, **key)
        assert post(nobody, token, 60, **key).json == first.json
        assert post(nobody, token, 60, **{"Idempotency-Key": "another"}).status == 429
        assert post(nobody, token, 40).status == 202


def test_of_who_has_used_it_up_no_body_is_read(nobody: Caller, token: str) -> None:
    with travel(NOW, tick=False):
        post(nobody, token, 100)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        assert nobody.call("POST", "/alerts/webhook", headers, data=b"not JSON").status == 429


@pytest.mark.parametrize("services", [0], indirect=True)
def test_with_0_there_is_no_quota(nobody: Caller, token: str) -> None:
    with travel(NOW, tick=False):
        assert statuses(nobody, token, [9_000] * 3) == [202] * 3


def test_who_is_over_the_quota_and_disabled_is_told_so(nobody: Caller, token: str, services: Services) -> None:
    with travel(NOW, tick=False):
        post(nobody, token, 50)
        services.inventory.monitors.update(1, {"enabled": False})
        assert post(nobody, token, 1).status == 409
        assert post(nobody, "wrong", 1).status == 401
