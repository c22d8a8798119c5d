"""The OpenAPI document is true: whatever is sent by whomever, the answer is one that it announces.

`make fuzz` sends more, and other requests each time; it prints what reproduces a failure.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from app.composition import Services, build
from app.enums import Role
from app.web import create_app
from app.web.context import EXTENSION
from tests.web.caller import WORKER, Caller
from tests.web.conftest import make_settings

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""A test of an operation sends so many requests; 0 outside of `make fuzz`."""
FEW = 8
WHO = (*Role, "nobody")
VAGUE = {
    "GET /api/v1/events",
    "POST /api/v1/monitors",
    "POST /api/v1/monitors/check",
    "PATCH /api/v1/monitors/{monitor_id}",
    "PUT /api/v1/monitors/{monitor_id}/severities",
    "PUT /api/v1/monitors/{monitor_id}/mapping",
    "PUT /api/v1/monitors/{monitor_id}/identity",
    "POST /api/v1/monitors/{monitor_id}/mapping/test",
    "POST /api/v1/alerts/{alert_id}/snooze",
    "POST /api/v1/alerts/snooze",
    "POST /api/v1/maintenance",
    "POST /api/v1/maintenance/preview",
    "PATCH /api/v1/maintenance/{window_id}",
    "POST /api/v1/tasks",
    "POST /api/v1/schedules",
    "PATCH /api/v1/schedules/{schedule_id}",
    "POST /api/v1/heartbeats",
    "PATCH /api/v1/heartbeats/{heartbeat_id}",
    "POST /api/v1/notifications",
    "PATCH /api/v1/notifications/{notification_id}",
    "POST /api/v1/notifications/preview",
    "POST /api/v1/escalations",
    "PATCH /api/v1/escalations/{escalation_id}",
    "POST /api/v1/routes",
    "PATCH /api/v1/routes/{route_id}",
    "POST /api/v1/routes/test",
    "PUT /api/v1/routes/order",
    "POST /api/v1/teams",
    "PATCH /api/v1/teams/{team_id}",
    "POST /api/v1/channels",
    "PATCH /api/v1/channels/{channel_id}",
    "POST /api/v1/users/me/contact-methods",
    "PATCH /api/v1/users/me/contact-methods/{channel_id}",
    "POST /api/v1/users/me/contact-methods/{channel_id}/verify",
    "PUT /api/v1/users/me/contact-rules",
    "POST /api/v1/users/me/contact-rules",
    "PATCH /api/v1/users/me/contact-rules/{rule_id}",
    "POST /api/v1/users/{user_id}/contact-methods",
    "PATCH /api/v1/users/{user_id}/contact-methods/{channel_id}",
    "PUT /api/v1/users/{user_id}/contact-rules",
    "POST /api/v1/users/{user_id}/contact-rules",
    "PATCH /api/v1/users/{user_id}/contact-rules/{rule_id}",
    "POST /api/v1/rotas",
    "PATCH /api/v1/rotas/{rota_id}",
    "GET /api/v1/rotas/{rota_id}/shifts",
    "POST /api/v1/rotas/{rota_id}/overrides",
    "POST /api/v1/rotas/{rota_id}/swaps",
    "PUT /api/v1/rotas/{rota_id}/holidays",
    "GET /api/v1/users/me/shifts",
    "GET /api/v1/alerts/facets",
    "GET /api/v1/alerts/groups",
    "POST /api/v1/users/me/chat-accounts",
    "POST /api/v1/users/me/chat-accounts/code",
    "POST /api/v1/users/{user_id}/chat-accounts",
    "POST /api/v1/channels/try",
    "POST /api/v1/channels/{channel_id}/try",
    "POST /api/v1/routes/matches",
    "POST /api/v1/heartbeats/preview",
    "POST /api/v1/schedules/preview",
    "POST /api/v1/views",
    "PATCH /api/v1/views/{view_id}",
}

# The operations must be known when tests are collected; the services behind them come with each test.
app = create_app(build(make_settings(Path("nowhere"))))
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


@pytest.fixture
def headers(
    services: Services, sign_in: Callable[[str], Caller], fleet: int, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, dict[str, str]]:
    """Return what each role and nobody send, with services behind the document's application that have an inventory."""
    monkeypatch.setitem(app.extensions, EXTENSION, services)
    services.queue.workers.announce("celery@test", WORKER)
    return {"nobody": {}} | {role: {"Authorization": f"Bearer {sign_in(role).token}"} for role in Role}


# The admin comes first and again: most of what an operation can do wrong it does for whom it lets in.
@schema.given(who=st.sampled_from([Role.ADMIN, Role.ADMIN, *WHO]))
@schema.parametrize()
@settings(
    max_examples=EXAMPLES or FEW,
    derandomize=not EXAMPLES,
    print_blob=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_answer_contradicts_the_document(case: Case[Any], headers: Mapping[str, dict[str, str]], who: str) -> None:
    # The test client does not unpack what is compressed.
    plain = {**headers[who], "Accept-Encoding": "identity"}
    case.call_and_validate(headers=plain, excluded_checks=misjudging(case))


def misjudging(case: Case[Any]) -> list[Any]:
    """Return the checks that would blame the API for what it is right to do with this request."""
    # What is wrong in an empty list never gets into an address.
    is_unsent = any(value in ([], {}) for value in (case.query or {}).values())
    return [positive_data_acceptance] * is_vague(case) + [negative_data_rejection] * is_unsent


def is_vague(case: Case[Any]) -> bool:
    """Tell whether the document cannot say what is right.

    A cursor comes from a list, an idempotency key must not have been used otherwise, an address depends on a type or a
    service, a moment must not have passed or comes after another one, an expression has a grammar, and two words may be
    spellings of one.
    """
    return case.operation.label in VAGUE or "cursor" in (case.query or {}) or "Idempotency-Key" in (case.headers or {})
