"""Each role and each API token may do exactly what is declared, and what declares nothing cannot exist."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.composition import Services
from app.enums import Role, Scope
from app.services.access.audit import COMMAND_LINE
from app.web import access, create_app
from tests.web import matrix
from tests.web.browser import Browser
from tests.web.caller import Caller
from tests.web.matrix import Entry

READING = {"viewer", "public"}
ADMINS_ONLY = {
    "create_monitor",
    "check_new_monitor",
    "check_monitor_changes",
    "shut_down_worker",
    "try_new_channel",
    "try_changed_channel",
    "update_monitor",
    "delete_monitor",
    "replace_severities",
    "replace_ha_identity",
    "replace_machine_rules",
    "replace_mapping",
    "delete_mapping",
    "try_mapping",
    "list_chat_accounts",
    "add_chat_account",
    "remove_chat_account",
    "create_notification",
    "update_notification",
    "delete_notification",
    "preview_notification",
    "create_rota",
    "update_rota",
    "delete_rota",
    "replace_holidays",
    "issue_calendar_link",
    "revoke_calendar_link",
    "list_users",
    "create_user",
    "get_user",
    "update_user",
    "delete_user",
    "list_sessions",
    "end_sessions",
    "discard_dead_letter",
    "discard_dead_letters",
    "clear_queue",
    "issue_webhook_token",
    "create_schedule",
    "update_schedule",
    "delete_schedule",
    "create_heartbeat",
    "update_heartbeat",
    "delete_heartbeat",
    "issue_heartbeat_token",
    *("create_route", "update_route", "delete_route", "put_routes_in_order"),
    *("create_escalation", "update_escalation", "delete_escalation"),
    "create_team",
    "update_team",
    "delete_team",
    "create_channel",
    "update_channel",
    "delete_channel",
    "list_contact_methods",
    "create_contact_method",
    "get_contact_method",
    "update_contact_method",
    "delete_contact_method",
    *("get_contact_rules", "replace_contact_rules"),
    *("create_contact_rule", "update_contact_rule", "delete_contact_rule"),
}
PINGS = {"ping", "ping_by_get", "signal", "signal_by_get"}
CHATS = {"take_slack_click", "take_telegram_click", "take_lark_click"}
OPEN = {"login", "refresh", "healthz", "readyz", "receive_alerts", "subscribe_to_shifts", *PINGS, *CHATS}
OPEN_PAGES = {
    "/sign-in",
    "/preferences",
    "/wallboard",
    "/wallboard/open",
    "/static/{version}/{name}",
    "/docs",
    "/docs/swagger-ui/{name}",
    "/docs/static/{name}",
    "/api/v1/openapi.json",
    "/metrics",
}
MY_CONTACTS = {
    "create_my_contact_method",
    "update_my_contact_method",
    "delete_my_contact_method",
    "send_my_code",
    "verify_my_contact_method",
    "test_my_contact_method",
    *("replace_my_contact_rules", "create_my_contact_rule", "update_my_contact_rule", "delete_my_contact_rule"),
}
MY_VIEWS = {"create_view", "update_view", "delete_view"}
PREVIEWS = {
    "preview_maintenance_window",
    "preview_heartbeat",
    "preview_schedule",
    "preview_route_matches",
    "test_routes",
}
MY_CHATS = {"send_my_link_code", "link_my_chat_account", "remove_my_chat_account"}
ONE_S_OWN = {
    *("logout", "create_events_ticket", "create_token", "revoke_token"),
    *MY_CONTACTS,
    *MY_CHATS,
    *MY_VIEWS,
    *PREVIEWS,
}
"""What a viewer may do beyond reading."""
SIGN_IN_ONLY = {"logout", "create_token", "revoke_token"}


@pytest.fixture
def operations(nobody: Caller) -> list[Entry]:
    return [*matrix.operations(nobody.get("/openapi.json").json)]


@pytest.fixture
def with_token(app: Flask, services: Services) -> Callable[..., Caller]:
    """Return what makes a caller with an API token of a user."""

    def with_token(username: str, role: Role, scopes: set[Scope] | None = None, days: int = 1) -> Caller:
        user = services.access.users.get_by_name(username)
        made = services.access.api_tokens.issue(user, COMMAND_LINE, name="test", role=role, scopes=scopes, days=days)
        return Caller(app.test_client(), made["token"])

    return with_token


def test_each_operation_lets_in_its_role_and_those_above(
    nobody: Caller, sign_in: Callable[[str], Caller], operations: list[Entry]
) -> None:
    assert len(operations) > 80
    for each in operations:
        for role in Role:
            status = sign_in(role).call_root(each.method, each.concrete).status
            is_allowed = each.role == "public" or role.includes(Role(each.role))
            assert (status == 403) is not is_allowed, f"{role} {each} → {status}"
        if each.role != "public":
            assert nobody.call_root(each.method, each.concrete).status == 401, each


def test_each_operation_lets_in_tokens_with_its_scope(
    with_token: Callable[..., Caller], operations: list[Entry]
) -> None:
    callers = {scope: with_token("admin", Role.ADMIN, {scope}) for scope in Scope}
    unlimited = with_token("admin", Role.ADMIN)
    for each in operations:
        for scope, caller in callers.items():
            status = caller.call_root(each.method, each.concrete).status
            assert (status == 403) is (each.role != "public" and each.scope != scope), f"{scope} {each} → {status}"
        status = unlimited.call_root(each.method, each.concrete).status
        assert (status == 403) is (each.scope == access.SIGN_IN), f"{each} → {status}"


def test_each_token_has_its_own_role_and_never_more_than_its_owner(
    with_token: Callable[..., Caller], operations: list[Entry]
) -> None:
    as_viewer, of_a_viewer = with_token("admin", Role.VIEWER), with_token("viewer", Role.VIEWER)
    for each in operations:
        is_allowed = each.role in READING and each.scope != access.SIGN_IN
        for caller in (as_viewer, of_a_viewer):
            assert (caller.call_root(each.method, each.concrete).status == 403) is not is_allowed, each


def test_each_page_lets_in_its_role_and_those_above(app: Flask, browse: Callable[[str], Browser]) -> None:
    pages = [*matrix.others(app, matrix.document_of(app))]
    assert {each.address for each in pages if each.role == "public"} == OPEN_PAGES
    assert len(pages) > 60
    for each in pages:
        if each.role == "public":
            assert Caller(app.test_client()).call_root(each.method, each.concrete).status != 401, each
            continue
        nobody = Caller(app.test_client()).call_root(each.method, each.concrete)
        assert (nobody.status, nobody.headers["Location"][:8]) == (303, "/sign-in"), each
        for role in Role:
            browser = browse(role)
            send = browser.get if each.method == "GET" else lambda path, who=browser: who.post(path, page="/tokens")
            status = send(each.concrete).status
            assert (status == 403) is not role.includes(Role(each.role)), f"{role} {each} → {status}"


def test_the_roles_are_those_of_the_contract(operations: list[Entry]) -> None:
    assert {each.name for each in operations if each.role == "public"} == OPEN
    assert {each.name for each in operations if each.role == "admin"} == ADMINS_ONLY
    assert {each.name for each in operations if each.scope == access.SIGN_IN} == SIGN_IN_ONLY
    for each in operations:
        if each.method == "GET" and each.name not in ADMINS_ONLY:
            assert each.role in READING, each
        elif each.role == "viewer":
            assert each.name in ONE_S_OWN, each


def test_the_page_on_security_says_the_same(app: Flask) -> None:
    text = matrix.PAGE.read_text(encoding="utf-8")
    for name, table in matrix.tables(app).items():
        assert matrix.written(text, name) == table, "run python -m tests.web.matrix, and look at what changed"


def test_a_view_without_a_role_cannot_be_registered(services: Services) -> None:
    app = create_app(services)
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    with pytest.raises(RuntimeError, match="forgotten"):
        access.require_roles(app)


def test_a_view_without_a_role_that_got_in_is_not_served(services: Services) -> None:
    app = create_app(services)
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    answer = Caller(app.test_client()).call_root("GET", "/forgotten")
    assert answer.status == 500
    assert "open to all" not in answer.text
