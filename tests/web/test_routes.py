"""The tree of routes, told over HTTP."""

from typing import Any

import pytest
from sqlalchemy import insert, update

from app import clock
from app.composition import Services
from app.models import Channel, Escalation, Rota, RotaOverride, Team, TeamMember
from app.services.access.audit import Editor
from app.store.database.dialects import table_of
from app.store.response import route_matches
from tests.services.alert_rows import add_alert
from tests.web.caller import Caller

pytestmark = pytest.mark.usefixtures("forked_sender")
SECRET = "s3cr3t-token"
NOBODY: dict[str, Any] = {"target": "none"}


def add(services: Services, model: Any, **values: Any) -> int:
    table = table_of(model)
    key = next(iter(table.primary_key))
    with services.database.transaction() as connection:
        row = values if model is TeamMember else {"created_at": clock.now(), **values}
        return int(connection.execute(insert(table).returning(key), row).scalar_one())


TOLD = {"language": "en", "timezone": "UTC", "delivery": "at_least_once", "kind": "apprise", "service": "json"}


@pytest.fixture
def channel(services: Services) -> int:
    return add(services, Channel, name="ops room", url_sealed=SECRET, **TOLD)


def add_phone(services: Services, user_id: int, **fields: Any) -> int:
    """Give a user a contact method that is verified, unless `fields` say otherwise."""
    verified = {"verified_at": clock.now(), **fields}
    return add(services, Channel, name="phone", user_id=user_id, url_sealed=SECRET, **TOLD, **verified)


@pytest.fixture
def team(services: Services, viewer: Caller) -> int:
    team_id = add(services, Team, name="payments", description="")
    add(services, TeamMember, team_id=team_id, user_id=viewer.get("/auth/me").json["id"])
    return team_id


def make(admin: Caller, name: str, **fields: Any) -> int:
    answer = admin.post("/routes", {**NOBODY, "name": name, **fields})
    assert answer.status == 201, answer.text
    return int(answer.json["id"])


def names(caller: Caller) -> list[str]:
    return [f"{'  ' * route['depth']}{route['name']}" for route in caller.get("/routes").json["items"]]


def test_a_route_is_made_read_changed_and_deleted(admin: Caller, viewer: Caller, channel: int) -> None:
    given = {"name": "payments", "target": "channel", "channel_id": channel, "match": 'team="pay"'}
    made = admin.post("/routes", given)
    assert made.status == 201, made.text
    path = f"/routes/{made.json['id']}"
    assert made.headers["Location"] == f"/api/v1{path}"
    assert {name: made.json[name] for name in given} == given
    assert (made.json["target_name"], made.json["continues"], made.json["depth"]) == ("ops room", False, 0)
    assert SECRET not in made.text
    assert viewer.get(path).json == made.json
    assert viewer.get("/routes").json == {"items": [made.json]}
    changed = admin.patch(path, {"match": None, "min_severity": 2, "continues": True})
    assert changed.status == 200, changed.text
    assert (changed.json["match"], changed.json["min_severity"], changed.json["continues"]) == (None, 2, True)
    flat = viewer.get(f"/notifications/{made.json['id']}").json
    assert (flat["channel_id"], flat["delivery"]) == (channel, "at_least_once")
    assert admin.patch(path, {"target": "none"}).json["channel_id"] is None
    assert viewer.get(f"/notifications/{made.json['id']}").status == 404
    assert admin.delete(path).status == 204
    assert viewer.get(path).status == 404
    entries = admin.get("/audit?object_type=route").json["items"]
    assert [bool(entry["before"]) for entry in entries] == [True, True, True, False]
    assert SECRET not in admin.get("/audit").text


def test_routes_keep_the_order_that_people_give_them(admin: Caller) -> None:
    first, second, third = (make(admin, name) for name in ("first", "second", "third"))
    child = make(admin, "child", parent_id=second)
    make(admin, "before", position=0)
    assert names(admin) == ["before", "first", "second", "  child", "third"]
    assert admin.patch(f"/routes/{third}", {"position": 1}).json["position"] == 1
    assert names(admin) == ["before", "third", "first", "second", "  child"]
    admin.patch(f"/routes/{second}", {"parent_id": first})
    assert names(admin) == ["before", "third", "first", "  second", "    child"]
    admin.patch(f"/routes/{child}", {"parent_id": None, "position": 0})
    assert names(admin) == ["child", "before", "third", "first", "  second"]
    refused = admin.delete(f"/routes/{first}")
    assert (refused.status, "second" in refused.json["detail"]) == (409, True), refused.text


def test_a_tree_has_no_cycles_and_is_not_too_deep(admin: Caller) -> None:
    top = make(admin, "1")
    last = top
    for depth in range(2, 11):
        last = make(admin, str(depth), parent_id=last)
    for parent_id, moved in ((last, top), (top, top)):
        assert list(admin.patch(f"/routes/{moved}", {"parent_id": parent_id}).json["errors"]) == ["parent_id"]
    for wrong in (last, 999_999):
        answer = admin.post("/routes", {**NOBODY, "name": "11", "parent_id": wrong})
        assert (answer.status, list(answer.json["errors"])) == (422, ["parent_id"])
    two = make(admin, "two")
    make(admin, "below", parent_id=two)
    assert admin.patch(f"/routes/{two}", {"parent_id": last}).status == 422
    assert len(names(admin)) == 12


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({"target": "channel"}, "channel_id"),
        ({"target": "channel", "channel_id": 999_999}, "channel_id"),
        ({"target": "escalation"}, "escalation_id"),
        ({"target": "team", "team_id": 999_999}, "team_id"),
        ({"target": "none", "team_id": 1}, "team_id"),
        ({"target": "everybody"}, "target"),
        ({"target": "none", "match": "team"}, "match"),
        ({"target": "none", "monitor_id": 999_999}, "monitor_id"),
        ({"target": "none", "timezone": "Mars/Olympus"}, "timezone"),
        ({"target": "none", "group_by": ["alert.nothing"]}, "group_by.0"),
        ({"target": "none", "position": -1}, "position"),
        ({"target": "none", "url": "json://x"}, "url"),
        ({"target": "none", "body_template": "{% if %}"}, "body_template"),
        ({}, "target"),
    ],
)
def test_what_is_wrong_is_refused_by_name(admin: Caller, fields: dict[str, Any], blamed: str) -> None:
    answer = admin.post("/routes", {"name": "a", **fields})
    assert (answer.status, list(answer.json["errors"])) == (422, [blamed]), answer.text


def test_a_name_is_taken_by_notifications_too(admin: Caller) -> None:
    make(admin, "a")
    assert admin.post("/routes", {**NOBODY, "name": "a"}).status == 409
    assert admin.post("/notifications", {"name": "a", "url": "json://127.0.0.1:9"}).status == 409


def test_a_notification_is_the_first_route(admin: Caller) -> None:
    make(admin, "stops everything")
    admin.post("/notifications", {"name": "flat", "url": "json://127.0.0.1:9"})
    assert names(admin) == ["flat", "stops everything"]
    assert admin.get("/routes").json["items"][0]["continues"] is True


def test_a_channel_of_a_person_is_no_target(admin: Caller, services: Services, channel: int) -> None:
    own = add_phone(services, admin.get("/auth/me").json["id"])
    for path in ("/routes", "/notifications"):
        answer = admin.post(path, {"name": "a", "target": "channel", "channel_id": own})
        if path == "/notifications":
            answer = admin.post(path, {"name": "a", "channel_id": own})
        assert list(answer.json["errors"]) == ["channel_id"], answer.text
    assert admin.post("/notifications", {"name": "a", "channel_id": channel}).status == 201


def test_a_notification_and_its_channel(admin: Caller, services: Services) -> None:
    made = admin.post("/notifications", {"name": "a", "url": "json://127.0.0.1:9", "delivery": "at_most_once"}).json
    assert made["delivery"] == "at_most_once"
    path = f"/notifications/{made['id']}"
    assert admin.patch(path, {"url": "json://127.0.0.1:10"}).json["channel_id"] == made["channel_id"]
    other = admin.post("/notifications", {"name": "b", "channel_id": made["channel_id"]}).json
    assert list(admin.patch(path, {"delivery": "at_least_once"}).json["errors"]) == ["delivery"]
    moved = admin.patch(path, {"url": "json://127.0.0.1:11"}).json
    assert moved["channel_id"] != made["channel_id"]
    assert admin.delete(path).status == 204
    assert admin.delete(f"/notifications/{other['id']}").status == 204
    with services.database.reading() as connection:
        left = connection.execute(table_of(Channel).select()).all()
    assert [row.name for row in left] == ["a"], "the one that another notification used is not its own"


def test_a_test_says_who_would_be_told_and_why(
    admin: Caller, viewer: Caller, services: Services, team: int, channel: int
) -> None:
    add_phone(services, viewer.get("/auth/me").json["id"])
    noise = make(admin, "noise", match='team="toys"')
    pay = make(admin, "pay", match='team="pay"', target="team", team_id=team)
    make(admin, "pay critical", parent_id=pay, min_severity=2, target="channel", channel_id=channel, continues=True)
    make(admin, "rest", min_severity=1, target="channel", channel_id=channel)
    make(admin, "off", enabled=False)

    answer = viewer.post("/routes/test", {"alert": {"labels": {"team": "pay"}, "severity": 1, "host": "web-1"}})
    assert answer.status == 200, answer.text
    assert answer.json["summary"] == (
        'This alert would page viewer (by the team payments), because the route pay matches: team="pay".'
    )
    [reached] = answer.json["reaches"]
    assert [(person["username"], person["after_s"]) for person in reached["people"]] == [("viewer", 0)]
    assert SECRET not in answer.text and "phone" not in answer.text
    said = {each["route"]: each["reason"] for each in answer.json["routes"]}
    assert said == {
        "noise": {"code": "match", "wanted": 'team="toys"', "found": "pay"},
        "pay": {"code": "takes"},
        "pay critical": {"code": "severity", "wanted": "severity>=critical", "found": "warning"},
        "rest": {"code": "stopped", "route_id": pay, "route": "pay"},
        "off": {"code": "stopped", "route_id": pay, "route": "pay"},
    }
    critical = viewer.post("/routes/test", {"alert": {"labels": {"team": "pay"}}}).json
    assert [each["route"] for each in critical["reaches"]] == ["pay critical"]
    assert critical["reaches"][0]["because"] == ['team="pay"', "severity>=critical"]
    toys = viewer.post("/routes/test", {"alert": {"labels": {"team": "toys"}}}).json
    assert toys["summary"] == "This alert would reach nobody: noise takes it, and nobody is there to be told."
    assert toys["reaches"][0]["route_id"] == noise
    nothing = viewer.post("/routes/test", {"alert": {"severity": 0}}).json
    assert nothing["summary"] == "This alert would reach nobody: no route takes it."
    assert nothing["routes"][-1]["reason"] == {"code": "disabled"}


def test_a_test_asks_who_is_on_call(admin: Caller, viewer: Caller, services: Services) -> None:
    user_id, admin_id = viewer.get("/auth/me").json["id"], admin.get("/auth/me").json["id"]
    for each in (user_id, admin_id):
        add_phone(services, each)
    rota = add(services, Rota, name="night", timezone="UTC", layers=[])
    steps = [{"after_s": 0, "targets": [{"type": "rota", "id": rota}]}]
    fallback = {"type": "user", "id": admin_id}
    escalation = add(services, Escalation, name="wake", steps=steps, repeats=0, fallback=fallback)
    make(admin, "all", target="escalation", escalation_id=escalation)
    [reached] = viewer.post("/routes/test", {"alert": {}}).json["reaches"]
    assert ([person["username"] for person in reached["people"]], reached["step"]) == (["admin"], 1)
    assert reached["missed"] == [{"code": "nobody_on_call", "target": "rota", "name": "night"}]
    shift = {"starts_at": clock.now().replace(year=2020), "ends_at": clock.now().replace(year=2099)}
    add(services, RotaOverride, rota_id=rota, user_id=user_id, created_by="x", comment="", **shift)
    [reached] = viewer.post("/routes/test", {"alert": {}}).json["reaches"]
    assert ([person["username"] for person in reached["people"]], reached["step"]) == (["viewer"], 0)


def test_a_test_counts_nobody_whom_a_page_would_not_reach(
    admin: Caller, viewer: Caller, operator: Caller, services: Services, team: int, channel: int
) -> None:
    viewer_id, operator_id = (caller.get("/auth/me").json["id"] for caller in (viewer, operator))
    add(services, TeamMember, team_id=team, user_id=operator_id)
    make(admin, "pay", target="team", team_id=team)
    make(admin, "room", target="channel", channel_id=channel, position=0, continues=True)

    def reached(**alert: Any) -> dict[str, Any]:
        answer = viewer.post("/routes/test", {"alert": alert}).json
        return {"summary": answer["summary"]} | {each["route"]: each for each in answer["reaches"]}

    unreached = [
        {"code": "no_contact_method", "target": "team", "name": "payments", "user": name}
        for name in ("viewer", "operator")
    ]
    found = reached()
    assert (found["room"]["channels"], found["room"]["missed"]) == (["ops room"], [])
    assert (found["pay"]["people"], found["pay"]["missed"]) == ([], unreached)

    with services.database.transaction() as connection:
        connection.execute(update(Channel).where(table_of(Channel).c.id == channel).values(enabled=False))
    found = reached()
    assert (found["room"]["channels"], found["room"]["missed"][0]["code"]) == ([], "channel_disabled")
    assert found["summary"] == (
        "This alert would reach nobody: room, pay takes it, and nobody is there to be told"
        " (channel_disabled, no_contact_method)."
    )

    add_phone(services, viewer_id, verified_at=None)
    phone = add_phone(services, operator_id)
    rules = [{"channel_id": phone, "after_s": 300, "min_severity": 2}]
    assert admin.put(f"/users/{operator_id}/contact-rules", {"rules": rules}).status == 200
    assert reached(severity=1)["pay"]["missed"] == unreached, "the rule is about critical alerts"
    found = reached()
    assert found["pay"]["people"] == [{"user_id": operator_id, "username": "operator", "after_s": 300}]
    assert found["pay"]["missed"] == unreached[:1], "the other one is not verified"
    services.access.users.update(operator_id, {"enabled": False})
    assert [each["code"] for each in reached()["pay"]["missed"]] == ["no_contact_method", "user_disabled"]


def test_a_contact_method_that_is_disabled_or_not_verified_sets_nobody_up(admin: Caller, services: Services) -> None:
    user_id = admin.get("/auth/me").json["id"]

    def is_set_up() -> bool:
        return services.paging.pages.setup(user_id)["contact_method"]

    unverified = add_phone(services, user_id, verified_at=None)
    assert not is_set_up()
    services.contacts.contact_methods.delete(user_id, unverified, Editor(user_id, "admin"))
    phone = add_phone(services, user_id)
    assert is_set_up()
    assert admin.patch(f"/users/me/contact-methods/{phone}", {"enabled": False}).status == 200
    assert not is_set_up()


def test_a_test_follows_the_fallback_of_an_escalation_to_another_one(
    admin: Caller, viewer: Caller, services: Services, channel: int
) -> None:
    nobody = [{"after_s": 0, "targets": [{"type": "user", "id": admin.get("/auth/me").json["id"]}]}]
    room = [{"after_s": 0, "targets": [{"type": "channel", "id": channel}]}]
    last = add(services, Escalation, name="last", steps=room, repeats=0)
    fallback = {"type": "escalation", "id": last}
    first = add(services, Escalation, name="first", steps=nobody, repeats=0, fallback=fallback)
    make(admin, "all", target="escalation", escalation_id=first)
    [reached] = viewer.post("/routes/test", {"alert": {}}).json["reaches"]
    assert (reached["name"], reached["channels"], reached["step"]) == ("first", ["ops room"], 1)
    assert [each["code"] for each in reached["missed"]] == ["no_contact_method"]


def test_a_test_of_a_real_alert(admin: Caller, viewer: Caller, services: Services, fleet: int) -> None:
    with services.database.transaction() as connection:
        alert_id = add_alert(connection, fleet, host="vm-17", labels={"team": "pay"})
    make(admin, "host", match='alert.host="vm-17"', monitor_id=fleet)
    answer = viewer.post("/routes/test", {"alert_id": alert_id}).json
    assert answer["routes"][0]["because"] == [f"monitor_id={fleet}", 'alert.host="vm-17"']
    for wrong, blamed in (
        ({"alert_id": 999_999}, "alert_id"),
        ({}, "alert"),
        ({"alert_id": alert_id, "alert": {}}, "alert"),
        ({"alert": {"monitor_id": 999_999}}, "alert.monitor_id"),
        ({"alert": {"severity": 9}}, "alert.severity"),
    ):
        assert list(viewer.post("/routes/test", wrong).json["errors"]) == [blamed]


def test_a_route_says_how_many_open_alerts_match_now(
    admin: Caller, viewer: Caller, services: Services, fleet: int
) -> None:
    with services.database.transaction() as connection:
        for number in range(4):
            add_alert(connection, fleet, number, host=f"vm-{number}", severity=number % 3)
        add_alert(connection, fleet, 9, host="vm-1", status=2, resolved_at=clock.now())
    everything = make(admin, "all")
    some = make(admin, "some", match='alert.host=~"vm-[13]"', parent_id=everything)
    below = make(admin, "below", min_severity=1, parent_id=some)
    nothing = make(admin, "nothing", group="nobody", parent_id=some)

    def matches(route_id: int) -> tuple[int, str | None]:
        answer = viewer.get(f"/routes/{route_id}/matches").json
        assert (answer["is_exact"], answer["looked_at"]) == (True, 4)
        assert len(answer["alerts"]) == answer["count"]
        return answer["count"], answer["warning"]

    assert matches(everything) == (4, "matches_everything")
    assert matches(some) == (2, None)
    assert matches(below) == (1, None)
    assert matches(nothing) == (0, "matches_nothing")
    assert viewer.get("/routes/999999/matches").status == 404


def test_matches_are_counted_among_the_newest_open_alerts(
    admin: Caller, viewer: Caller, services: Services, fleet: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route_matches, "MAX_LOOKED_AT", 3)
    with services.database.transaction() as connection:
        for number in range(5):
            add_alert(connection, fleet, number)
    answer = viewer.get(f"/routes/{make(admin, 'all')}/matches").json
    assert (answer["count"], answer["looked_at"], answer["is_exact"]) == (3, 3, False)


def test_a_test_alert_takes_the_way_of_every_other(
    admin: Caller, operator: Caller, viewer: Caller, services: Services, team: int
) -> None:
    make(admin, "payments", target="team", team_id=team, match='team="支付"')
    given = {"labels": {"team": "支付"}, "severity": 1, "host": "pay-01"}
    assert viewer.post("/routes/test-alert", given).status == 403
    answer = operator.post("/routes/test-alert", given)
    assert answer.status == 201, answer.text
    alert = viewer.get(f"/alerts/{answer.json['alert_id']}").json
    assert answer.headers["Location"] == f"/api/v1/alerts/{alert['id']}"
    assert (alert["source"], alert["severity"], alert["host"], alert["labels"]) == (
        *("nagare", 1, "pay-01"),
        {"team": "支付"},
    )
    assert alert["message"] == "Test alert by operator"
    services.response.notifier.tick()
    (line,) = viewer.get(f"/alerts/{alert['id']}/why").json["items"]
    assert [each["code"] for each in line["decisions"]] == ["matched"]
    assert operator.post("/routes/test-alert", {"labels": {"": "x"}}).status == 422


def test_all_routes_are_put_in_order_at_once(admin: Caller, operator: Caller, services: Services) -> None:
    first, second, third, fourth = (make(admin, name) for name in ("first", "second", "third", "fourth"))
    wanted = [(fourth, None), (first, None), (third, first), (second, first)]
    body = {"routes": [{"id": route_id, "parent_id": parent} for route_id, parent in wanted]}
    assert operator.put("/routes/order", body).status == 403
    answer = admin.put("/routes/order", body)
    assert answer.status == 200, answer.text
    assert [(each["id"], each["parent_id"]) for each in answer.json["items"]] == wanted
    assert names(admin) == ["fourth", "first", "  third", "  second"]
    edits = [entry for entry in admin.get("/audit?object_type=route").json["items"] if entry["before"]]
    assert {entry["object_id"] for entry in edits} == {second, third, fourth}, "the first one only made room"
    assert edits[-1]["before"].keys() <= {"parent_id", "position"}
    count = len(edits)
    assert admin.put("/routes/order", body).status == 200
    assert len([entry for entry in admin.get("/audit?object_type=route").json["items"] if entry["before"]]) == count


def test_an_order_that_lacks_a_route_changes_nothing(admin: Caller) -> None:
    first, second = make(admin, "first"), make(admin, "second")
    top = [{"id": second, "parent_id": None}, {"id": first, "parent_id": None}]
    for routes, blamed, said in (
        (top[:1], "routes", f"Missing: first ({first})"),
        ([*top, {"id": 999_999, "parent_id": None}], "routes.2.id", "There is no route 999999"),
        ([top[0], {"id": first, "parent_id": first}], "routes.1.parent_id", "one below it"),
        ([top[0], {"id": first}], "routes.1.parent_id", "Missing data"),
    ):
        answer = admin.put("/routes/order", {"routes": routes})
        errors = answer.json["errors"]
        assert (answer.status, list(errors), said in str(errors)) == (422, [blamed], True), answer.text
    assert names(admin) == ["first", "second"]


def test_the_order_of_notifications_of_the_previous_release_is_kept(admin: Caller) -> None:
    routes = [make(admin, name) for name in ("one", "two")]
    flat = admin.post("/notifications", {"name": "flat", "url": "json://127.0.0.1:9"}).json["id"]
    order = [{"id": each, "parent_id": None} for each in (*routes, flat)]
    assert admin.put("/routes/order", {"routes": order}).status == 200
    assert names(admin) == ["one", "two", "flat"]
    admin.delete(f"/routes/{routes[0]}")
    assert names(admin) == ["two", "flat"]
