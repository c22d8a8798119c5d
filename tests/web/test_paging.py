"""Escalations, pages, and why somebody was told of an alert, over the API."""

from typing import Any

import pytest
from sqlalchemy import insert

from app import clock
from app.composition import Services
from app.models import Notification
from app.store.database.dialects import table_of
from tests.services.alert_rows import add_alert, add_event
from tests.web.caller import Caller


def steps(*targets: tuple[str, int], after_s: int = 0) -> list[dict[str, Any]]:
    return [{"after_s": after_s, "targets": [{"type": type_, "id": id_} for type_, id_ in targets]}]


@pytest.fixture
def me(admin: Caller) -> int:
    return int(admin.get("/auth/me").json["id"])


@pytest.fixture
def page_id(services: Services, admin: Caller, me: int, fleet: int) -> int:
    """Return a page that just opened."""
    escalation = admin.post("/escalations", {"name": "db", "steps": steps(("user", me))}).json["id"]
    row = {
        **{"name": "夜间", "enabled": True, "url_sealed": "", "min_severity": 0, "kinds": ["fired", "resolved"]},
        **{"timezone": "UTC", "language": "en", "batch_s": 0, "target": "escalation", "escalation_id": escalation},
        "created_at": clock.now(),
    }
    with services.database.transaction() as connection:
        connection.execute(insert(table_of(Notification)).values(row))
        add_event(connection, add_alert(connection, fleet, message="disk is full"))
    services.response.notifier.tick()
    (page,) = admin.get("/pages").json["items"]
    return int(page["id"])


def test_an_escalation_is_made_changed_and_deleted(admin: Caller, viewer: Caller, me: int) -> None:
    made = admin.post("/escalations", {"name": "db", "steps": steps(("user", me))})
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/escalations/{made.json['id']}")
    assert made.json["steps"] == [{"after_s": 0, "targets": [{"type": "user", "id": me, "name": "admin"}]}]
    path = f"/escalations/{made.json['id']}"
    changed = admin.call("PATCH", path, json={"repeats": None, "fallback": {"type": "user", "id": me}})
    assert (changed.json["repeats"], changed.json["fallback"]["name"]) == (None, "admin")
    assert viewer.get(path).json == changed.json
    assert viewer.get("/escalations").json["items"] == [changed.json]
    assert viewer.call("DELETE", path).status == 403
    assert admin.call("DELETE", path).status == 204
    assert admin.get(path).status == 404
    entries = admin.get("/audit?object_type=escalation").json["items"]
    assert len(entries) == 3


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"steps": steps(("user", 1), ("rota", 7))}, "steps.0.targets.1.id"),
        ({"steps": steps(("escalation", 1))}, "steps.0.targets.0.type"),
        ({"steps": []}, "steps"),
        ({"steps": [{"targets": []}]}, "steps.0.targets"),
        ({"steps": steps(("user", 1), after_s=86_401)}, "steps.0.after_s"),
        ({"steps": steps(("user", 1)) * 21}, "steps"),
        ({"repeats": 10}, "repeats"),
        ({"fallback": {"type": "team", "id": 7}}, "fallback.id"),
        ({"team_id": 7}, "team_id"),
        ({"acknowledgement_s": 1}, "acknowledgement_s"),
    ],
)
def test_an_escalation_that_is_wrong_names_the_field(admin: Caller, fields: dict[str, Any], field: str) -> None:
    answer = admin.post("/escalations", {"name": "db", "steps": steps(("user", 1)), **fields})
    assert (answer.status, list(answer.json["errors"])) == (422, [field])


def test_fallbacks_that_make_a_loop_are_refused_with_their_path(admin: Caller, me: int) -> None:
    first = admin.post("/escalations", {"name": "first", "steps": steps(("user", me))}).json["id"]
    last = {"name": "last", "steps": steps(("user", me)), "fallback": {"type": "escalation", "id": first}}
    last_id = admin.post("/escalations", last).json["id"]
    loop = admin.call("PATCH", f"/escalations/{first}", json={"fallback": {"type": "escalation", "id": last_id}})
    assert loop.json["errors"] == {"fallback.id": ["The fallbacks make a loop: first → last → first."]}
    used = admin.call("DELETE", f"/escalations/{first}")
    assert (used.status, "last" in used.json["detail"]) == (409, True)
    assert admin.post("/escalations", {"name": "last", "steps": steps(("user", me))}).status == 409


def test_an_escalation_in_use_is_not_deleted(admin: Caller, page_id: int) -> None:
    escalation_id = admin.get(f"/pages/{page_id}").json["escalation_id"]
    answer = admin.call("DELETE", f"/escalations/{escalation_id}")
    assert (answer.status, "夜间" in answer.json["detail"]) == (409, True)


def test_a_page_shows_its_alerts_and_is_answered(operator: Caller, viewer: Caller, page_id: int) -> None:
    page = viewer.get(f"/pages/{page_id}").json
    assert [(alert["message"], alert["status"]) for alert in page["alerts"]] == [("disk is full", 0)]
    assert (page["state"], page["alert_count"]) == ("open", 1)
    assert page["history"][0]["sentence"] == "Route “夜间” opened the page, which follows “db”."
    assert viewer.get(f"/pages/{page_id}?lang=zh").json["history"][0]["sentence"] == "路由“夜间”发起呼叫，按“db”进行。"
    assert viewer.post(f"/pages/{page_id}/acknowledge").status == 403
    answered = operator.post(f"/pages/{page_id}/acknowledge")
    assert (answered.status, answered.json["state"], answered.json["acknowledged_by"]) == (
        200,
        "acknowledged",
        "operator",
    )
    assert [alert["status"] for alert in answered.json["alerts"]] == [1]
    assert operator.post(f"/pages/{page_id}/acknowledge").status == 200
    assert operator.post(f"/pages/{page_id}/resolve").json["state"] == "resolved"
    assert operator.post(f"/pages/{page_id}/acknowledge").status == 409
    assert operator.post("/pages/999999/resolve").status == 404


def test_pages_are_chosen_by_state_route_and_user(viewer: Caller, page_id: int) -> None:
    assert len(viewer.get("/pages?state=open").json["items"]) == 1
    assert viewer.get("/pages?state=resolved").json["items"] == []
    assert viewer.get("/pages?route_id=999").json["items"] == []
    assert viewer.get("/pages?user_id=999").json["items"] == []
    assert viewer.get("/pages?state=nonsense").status == 422


def test_why_says_what_became_of_each_event(services: Services, viewer: Caller, fleet: int, page_id: int) -> None:
    alert_id = viewer.get(f"/pages/{page_id}").json["alerts"][0]["id"]
    (line,) = viewer.get(f"/alerts/{alert_id}/why").json["items"]
    assert (line["kind"], line["outcome"], line["sentence"]) == ("fired", "pending", "Waits to be told.")
    (decision,) = line["decisions"]
    assert (decision["page_id"], decision["sentence"]) == (page_id, "Route “夜间” takes it.")
    with services.database.transaction() as connection:
        other = add_alert(connection, fleet, 2, suppressed=True)
        add_event(connection, other)
    services.response.notifier.tick()
    (line,) = viewer.get(f"/alerts/{other}/why?lang=zh").json["items"]
    assert (line["outcome"], line["sentence"]) == ("suppressed", "已抑制。")
    assert viewer.get("/alerts/999999/why").status == 404
