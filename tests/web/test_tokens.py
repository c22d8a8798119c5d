"""API tokens: made once, limited, noted when used, and refused the moment they should be."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from time_machine import travel

from app.composition import Services
from app.enums import Role, Scope
from app.errors import DatabaseUnavailable
from app.services.access.audit import COMMAND_LINE
from app.store.database.engine import Database
from app.web.streams.admission import make_admission
from app.web.streams.handover import Wish
from app.web.streams.stream import StreamEnded
from tests.web.browser import Browser
from tests.web.caller import Answer, Caller

FIELDS = {"id", "user_id", "username", "name", "role", "scopes", "is_wallboard"} | {
    *("created_at", "expires_at", "last_used_at")
}


def make(caller: Caller, **fields: object) -> Answer:
    return caller.post("/tokens", {"name": "nightly", **fields})


def use(app: Flask, made: Answer) -> Caller:
    return Caller(app.test_client(), made.json["token"])


def test_a_token_is_shown_once_and_stored_as_a_hash(app: Flask, operator: Caller, services: Services) -> None:
    made = make(operator, role="operator", scopes=["tasks:write", "read"], days=7)
    assert made.status == 201
    assert set(made.json) == FIELDS | {"token"}
    assert (made.json["username"], made.json["scopes"]) == ("operator", ["read", "tasks:write"])
    assert re.fullmatch("nagare_[0-9a-f]{64}", made.json["token"])
    [listed] = operator.get("/tokens").json["items"]
    assert set(listed) == FIELDS
    with services.database.reading() as connection:
        stored = connection.execute(text("SELECT * FROM api_tokens")).all()
        trail = connection.execute(text("SELECT * FROM audit_entries")).all()
    assert made.json["token"][7:] not in repr(stored) + repr(trail)
    me = use(app, made).get("/auth/me").json
    assert (me["username"], me["role"]) == ("operator", "operator")


def test_who_says_nothing_gets_a_token_that_reads_for_ninety_days(app: Flask, admin: Caller) -> None:
    made = make(admin)
    lifetime = datetime.fromisoformat(made.json["expires_at"]) - datetime.fromisoformat(made.json["created_at"])
    assert (made.json["role"], made.json["scopes"], lifetime) == ("viewer", None, timedelta(days=90))
    assert use(app, made).get("/auth/me").json["role"] == "viewer"
    assert use(app, made).post("/alerts/generate-test").status == 403


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"role": "root"}, "role"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"days": 0}, "days"),
        ({"days": 3651}, "days"),
        ({"expires_at": "2030-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_a_token_must_be_sound(viewer: Caller, fields: dict[str, object], field: str) -> None:
    answer = make(viewer, **fields)
    assert (answer.status, list(answer.json["errors"])) == (422, [field])


def test_nobody_gives_away_more_than_they_have(operator: Caller) -> None:
    assert make(operator, role="admin").status == 403
    assert operator.get("/tokens").json["items"] == []


def test_a_token_makes_no_tokens(app: Flask, admin: Caller) -> None:
    unlimited = use(app, make(admin, role="admin"))
    answer = make(unlimited)
    assert (answer.status, answer.json["detail"]) == (403, "This requires a sign-in: API tokens are not accepted.")
    assert unlimited.post("/auth/refresh", {"refresh_token": unlimited.token}).status == 401


def test_there_is_an_end_to_how_many(viewer: Caller) -> None:
    assert {make(viewer).status for _ in range(100)} == {201}
    assert make(viewer).status == 409


def test_it_ends_when_it_is_revoked_or_expires(app: Flask, viewer: Caller) -> None:
    revoked, expiring = make(viewer), make(viewer, days=2)
    assert viewer.delete(f"/tokens/{revoked.json['id']}").status == 204
    assert use(app, revoked).get("/auth/me").status == 401
    assert viewer.delete(f"/tokens/{revoked.json['id']}").status == 404
    assert use(app, expiring).get("/auth/me").status == 200
    with travel(datetime.now(UTC) + timedelta(days=2, seconds=1)):
        assert use(app, expiring).get("/auth/me").status == 401


def test_its_owner_s_powers_limit_it_at_once(app: Flask, admin: Caller, operator: Caller) -> None:
    token = use(app, make(operator, role="operator"))
    user = f"/users/{operator.get('/auth/me').json['id']}"
    assert token.post("/alerts/generate-test").status == 202
    admin.patch(user, {"role": "viewer"})
    assert token.post("/alerts/generate-test").status == 403
    assert token.get("/hosts").status == 200
    admin.patch(user, {"enabled": False})
    assert token.get("/hosts").status == 401
    admin.patch(user, {"enabled": True, "role": "operator"})
    assert token.post("/alerts/generate-test").status == 202
    admin.delete(user)
    assert token.get("/hosts").status == 401
    assert admin.get("/tokens").json["items"] == []


def test_others_tokens_are_the_administrators_business(admin: Caller, viewer: Caller, operator: Caller) -> None:
    token = make(operator).json
    own = make(admin, role="admin").json
    assert viewer.get("/tokens").json["items"] == []
    assert viewer.get(f"/tokens?user_id={token['user_id']}").json["items"] == []
    assert viewer.delete(f"/tokens/{token['id']}").status == 404
    assert [each["id"] for each in admin.get("/tokens").json["items"]] == [own["id"], token["id"]]
    assert [each["id"] for each in admin.get(f"/tokens?user_id={token['user_id']}").json["items"]] == [token["id"]]
    assert admin.delete(f"/tokens/{token['id']}").status == 204


def test_its_use_is_noted_once_a_minute(
    app: Flask, viewer: Caller, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(viewer)
    caller, writes = use(app, made), []
    transaction = Database.transaction

    def counted(database: Database) -> object:
        writes.append(1)
        return transaction(database)

    monkeypatch.setattr(Database, "transaction", counted)
    noon = datetime.now(UTC).replace(microsecond=0)
    for seconds, count in ((1, 1), (2, 1), (59, 1), (62, 2), (100, 2)):
        with travel(noon + timedelta(seconds=seconds), tick=False):
            assert caller.get("/auth/me").status == 200
        assert len(writes) == count, seconds
    noted = datetime.fromisoformat(viewer.get("/tokens").json["items"][0]["last_used_at"])
    assert noted == noon + timedelta(seconds=62)


def test_a_database_that_cannot_be_written_to_still_lets_it_read(
    app: Flask, viewer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = use(app, make(viewer))

    def refuse(_: Database) -> object:
        raise DatabaseUnavailable("read only")

    monkeypatch.setattr(Database, "transaction", refuse)
    assert caller.get("/auth/me").status == 200


@pytest.mark.parametrize("token", ["nagare_", "nagare_x", "nagare_" + "0" * 64, "nagare_" + "é" * 64, "nagare_" * 900])
def test_what_only_looks_like_one_is_refused(nobody: Caller, token: str) -> None:
    answer = nobody.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status, answer.json["code"]) == (401, "unauthorized")


def test_the_trail_says_who_made_and_revoked_it(admin: Caller, viewer: Caller) -> None:
    made = make(viewer, scopes=["read"], days=5).json
    admin.delete(f"/tokens/{made['id']}")
    revoked, created = admin.get(f"/audit?object_type=token&object_id={made['id']}").json["items"]
    about = {name: made[name] for name in ("name", "user_id", "role", "scopes")}
    assert (created["username"], created["before"], created["after"].items() >= about.items()) == ("viewer", {}, True)
    assert (revoked["username"], revoked["before"], revoked["after"]) == ("admin", created["after"], {})
    assert viewer.get("/audit?object_type=token").json["items"] == []


def test_it_opens_the_events_if_it_may_read(app: Flask, services: Services, viewer: Caller, admin: Caller) -> None:
    admit = make_admission(app)
    reads, writes = make(viewer, scopes=["read"]), make(admin, scopes=["users:write"])
    assert isinstance(admit(f'{{"token": "{reads.json["token"]}"}}'), Wish)
    with pytest.raises(StreamEnded, match="the token lacks the scope read"):
        admit(f'{{"token": "{writes.json["token"]}"}}')
    ticket = use(app, reads).post("/events/ticket").json["ticket"]
    key = services.access.tickets.redeem(ticket)
    assert key is not None and reads.json["token"] not in key
    assert services.access.auth.identify(key)["username"] == "viewer"
    viewer.delete(f"/tokens/{reads.json['id']}")
    with pytest.raises(StreamEnded, match="a valid token is required"):
        admit(f'{{"token": "{reads.json["token"]}"}}')


def test_the_dashboard_makes_shows_once_and_revokes(app: Flask, browse: Callable[[str], Browser]) -> None:
    browser = browse("operator")
    assert "No tokens" in browser.get("/tokens").text
    form = {"name": "<b>nightly</b>", "role": "operator", "days": "3", "scopes": ["read", "tasks:write"]}
    made = browser.post("/tokens", form, page="/tokens")
    assert made.status == 200
    [token] = re.findall("nagare_[0-9a-f]{64}", made.text)
    assert made.headers["Cache-Control"] == "no-store"
    assert "<b>nightly" not in made.text
    assert Caller(app.test_client(), token).post("/alerts/generate-test").status == 403
    assert Caller(app.test_client(), token).get("/hosts").status == 200
    shown = browser.get("/tokens").text
    assert token not in shown and "tasks:write" in shown
    [address] = re.findall(r'action="(/tokens/\d+/revoke)"', shown)
    browser.follow(browser.post(address, page="/tokens"))
    assert Caller(app.test_client(), token).get("/hosts").status == 401
    one_scope = browser.post("/tokens", {**form, "scopes": "read"}, page="/tokens")
    assert Caller(app.test_client(), re.findall("nagare_[0-9a-f]{64}", one_scope.text)[0]).get("/hosts").status == 200
    assert browser.post("/tokens", {**form, "role": "admin"}, page="/tokens").status == 403


def test_old_ones_are_forgotten(services: Services) -> None:
    user = services.access.users.get_by_name("viewer")
    services.access.api_tokens.issue(user, COMMAND_LINE, name="old", role=Role.VIEWER, scopes={Scope.READ}, days=1)
    for days, left in ((30, 1), (32, 0)):
        with travel(datetime.now(UTC) + timedelta(days=days)):
            services.operation.retention._delete_expired()
        with services.database.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM api_tokens")).scalar_one() == left
