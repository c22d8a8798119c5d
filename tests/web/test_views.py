"""Saved views over the API."""

from app.composition import Services
from app.services.console.saved_views import MAX_VIEWS
from tests.services.alert_rows import add_alert
from tests.web.caller import Caller

CRITICAL = {"name": "夜班", "page": "alerts", "query": "?severity=critical&status=0&q=&cursor=x&sort=-severity"}


def names(caller: Caller) -> list[str]:
    return [view["name"] for view in caller.get("/views").json["items"]]


def test_a_view_keeps_a_filter_under_a_name(viewer: Caller, operator: Caller) -> None:
    made = viewer.post("/views", CRITICAL)
    assert made.status == 201, made.text
    view = made.json
    assert view["query"] == "severity=critical&status=0&sort=-severity"
    assert view["address"] == f"/alerts?{view['query']}"
    assert (view["is_shared"], view["username"]) == (False, "viewer")
    assert viewer.get(made.headers["Location"].removeprefix("/api/v1")).json == view
    assert names(viewer) == ["夜班"]
    assert names(operator) == []
    assert operator.get(f"/views/{view['id']}").status == 404
    assert operator.delete(f"/views/{view['id']}").status == 404
    changed = viewer.patch(f"/views/{view['id']}", {"name": "白班", "query": "status=1"})
    assert (changed.json["name"], changed.json["query"]) == ("白班", "status=1")
    assert viewer.delete(f"/views/{view['id']}").status == 204
    assert names(viewer) == []


def test_a_shared_view_is_everybody_s_and_changed_by_its_owner_or_an_admin(
    viewer: Caller, operator: Caller, admin: Caller
) -> None:
    shared = {**CRITICAL, "is_shared": True}
    refused = viewer.post("/views", shared)
    assert refused.status == 403
    assert "operator" in refused.json["detail"]
    path = f"/views/{operator.post('/views', shared).json['id']}"
    assert names(viewer) == names(admin) == ["夜班"]
    assert viewer.patch(path, {"name": "x"}).status == 403
    assert viewer.delete(path).status == 403
    assert admin.patch(path, {"position": 3}).json["position"] == 3
    assert admin.patch(path, {"is_shared": False}).status == 200
    assert admin.delete(path).status == 404, "it is personal now"
    assert operator.delete(path).status == 204


def test_what_is_wrong_with_a_view_is_told_by_its_field(viewer: Caller) -> None:
    assert viewer.post("/views", {**CRITICAL, "page": "users"}).json["errors"].keys() == {"page"}
    wrong = viewer.post("/views", {**CRITICAL, "query": "severity=pink"})
    assert wrong.status == 422
    assert "severity" in wrong.json["errors"]["query"][0]
    assert "unheard" in viewer.post("/views", {**CRITICAL, "query": "unheard=1"}).json["errors"]["query"][0]
    path = f"/views/{viewer.post('/views', CRITICAL).json['id']}"
    assert viewer.post("/views", CRITICAL).status == 409
    assert viewer.patch(path, {"query": "status=pink"}).status == 422
    assert viewer.patch(path, CRITICAL | {"query": ""}).status == 422, "a view stays on its list"


def test_views_are_ordered_and_bounded(viewer: Caller) -> None:
    for number in range(MAX_VIEWS):
        assert viewer.post("/views", {**CRITICAL, "name": f"{number}", "position": number % 2}).status == 201
    assert names(viewer)[:2] == ["0", "2"]
    assert viewer.post("/views", {**CRITICAL, "name": "more"}).status == 409


def test_a_view_counts_what_it_finds(services: Services, viewer: Caller, fleet: int) -> None:
    with services.database.transaction() as connection:
        for number in range(3):
            add_alert(connection, fleet, number, severity=number % 2 * 2)

    def count(page: str, query: str) -> object:
        made = viewer.post("/views", {"name": page + query, "page": page, "query": query})
        return viewer.get(f"/views/{made.json['id']}/count").json

    assert count("alerts", "severity=info&sort=-cost") == {"count": 2, "is_exact": True}
    assert count("hosts", "") == {"count": 3, "is_exact": True}
    assert count("tasks", "state=running") == {"count": 0, "is_exact": True}


def test_changes_of_views_are_audited(operator: Caller, admin: Caller) -> None:
    path = f"/views/{operator.post('/views', CRITICAL).json['id']}"
    operator.patch(path, {"name": "白班"})
    operator.delete(path)
    entries = admin.get("/audit?object_type=view").json["items"]
    assert [(bool(each["before"]), bool(each["after"])) for each in entries] == [
        (True, False),
        (True, True),
        (False, True),
    ]
