"""Each role may do exactly what the OpenAPI document says, and an operation that says nothing cannot exist."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.composition import Services
from app.enums import Role
from app.web import access, create_app
from tests.web.caller import Caller

READING = {"viewer", "public"}
ADMINS_ONLY = {
    "create_monitor",
    "update_monitor",
    "delete_monitor",
    "create_notification",
    "update_notification",
    "delete_notification",
    "list_users",
    "create_user",
    "get_user",
    "update_user",
    "delete_user",
    "discard_dead_letter",
    "discard_dead_letters",
    "clear_queue",
    "issue_webhook_token",
    "create_schedule",
    "update_schedule",
    "delete_schedule",
}
ID_NAMES = (
    *("monitor_id", "host_id", "item_id", "alert_id", "user_id"),
    *("window_id", "notification_id", "schedule_id"),
)
OPEN = {"login", "refresh", "healthz", "readyz", "receive_alerts"}


def operations(nobody: Caller) -> Iterator[tuple[str, str, str, str]]:
    """Yield (method, address, role, name) of all documented operations, with ids that nothing has."""
    document = nobody.get("/openapi.json").json
    for address, methods in document["paths"].items():
        for name, task_or_type in (
            ("task_id", "pull_hosts:0192f0c1-0000-7000-8000-000000000000"),
            ("type", "pull_host"),
        ):
            address = address.replace(f"{{{name}}}", task_or_type)
        for name in (
            "monitor_id",
            "host_id",
            "item_id",
            "alert_id",
            "user_id",
            "window_id",
            "notification_id",
            "schedule_id",
        ):
            address = address.replace(f"{{{name}}}", "999999")
        for method, operation in methods.items():
            if method != "parameters":
                yield method.upper(), address, operation["x-role"], operation["operationId"]


def test_each_operation_lets_in_its_role_and_those_above(
    nobody: Caller, services: Services, sign_in: Callable[[str], Caller]
) -> None:
    seen = 0
    for method, address, needed, _ in operations(nobody):
        for role in Role:
            status = sign_in(role).call_root(method, address).status
            is_allowed = needed == "public" or role.includes(Role(needed))
            assert (status == 403) is not is_allowed, f"{role} {method} {address} → {status}"
            seen += 1
        if needed != "public":
            assert nobody.call_root(method, address).status == 401, f"{method} {address}"
    assert seen > 100


def test_the_roles_are_those_of_the_contract(nobody: Caller) -> None:
    found = {name: (method, role) for method, _, role, name in operations(nobody)}
    assert {name for name, (_, role) in found.items() if role == "public"} == OPEN
    assert {name for name, (_, role) in found.items() if role == "admin"} == ADMINS_ONLY
    for name, (method, role) in found.items():
        if method == "GET" and name not in ADMINS_ONLY:
            assert role in READING, name
        elif role == "viewer":
            assert name in ("logout", "create_events_ticket"), name


def test_a_view_without_a_role_cannot_be_registered(services: Services) -> None:
    app = create_app(services)
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    with pytest.raises(RuntimeError, match="forgotten"):
        access.require_roles(app)


def test_a_view_without_a_role_that_got_in_is_not_served(app: Flask, nobody: Caller) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    answer = nobody.call_root("GET", "/forgotten")
    assert answer.status == 500
    assert "open to all" not in answer.text
