"""What the database says of rotas, their people and overrides, on both databases."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from app.enums import Role
from app.store.access import users
from app.store.contacts import people
from app.store.database.pages import PageRequest
from app.store.oncall import overrides, rotas

NOW = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LAYERS = [{"name": "周 🦆", "users": [1], "starts_at": "2026-11-30T09:00", "every": 1, "unit": "weeks"}]


def add_user(connection: Connection, name: str, enabled: bool = True) -> int:
    row = {"username": name, "password_hash": "x", "role": Role.OPERATOR, "enabled": enabled, "created_at": NOW}
    return users.add(connection, row)


def add_rota(connection: Connection, name: str = "支付") -> int:
    return rotas.add(connection, {"name": name, "timezone": "Europe/Berlin", "layers": LAYERS, "created_at": NOW})


def test_a_rota_is_found_by_its_id_and_by_its_calendar_link(connection: Connection) -> None:
    rota_id = add_rota(connection)
    rotas.change(connection, rota_id, {"holidays": "x", "calendar_token_hash": "a" * 64})
    found, plan = rotas.find(connection, rota_id), rotas.plan_by_token(connection, "a" * 64)
    assert found is not None and plan is not None
    assert (found["has_holidays"], found["has_calendar_link"], found["layers"]) == (True, True, LAYERS)
    assert (plan["id"], plan["holidays"]) == (rota_id, "x")
    assert rotas.plan_by_token(connection, "b" * 64) is None
    assert rotas.is_name_taken(connection, "支付") and not rotas.is_name_taken(connection, "支付", rota_id)
    assert [row["id"] for row in rotas.plans(connection)] == [rota_id]
    locked = rotas.lock(connection, rota_id)
    assert locked is not None and locked["calendar_token_hash"] == "a" * 64


def test_overrides_overlap_a_span_without_touching_it_the_newest_last(connection: Connection) -> None:
    rota_id, user_id = add_rota(connection), add_user(connection, "ben")
    made = [
        overrides.add(
            connection,
            {
                "rota_id": rota_id,
                "user_id": user_id,
                "starts_at": NOW + start * HOUR,
                "ends_at": NOW + (start + 1) * HOUR,
                "comment": "",
                "created_by": "ben",
                "created_at": NOW,
            },
        )
        for start in (0, -1, 1, 2)
    ]
    first, before, after, later = made
    assert [row["id"] for row in overrides.within(connection, rota_id, NOW, NOW + HOUR)] == [first]
    wide = overrides.within(connection, rota_id, NOW - HOUR, NOW + 2 * HOUR)
    assert [row["id"] for row in wide] == [first, before, after]
    assert overrides.count_open(connection, rota_id, NOW) == 3
    page = overrides.fetch(connection, PageRequest(), rota_id, ends_after=NOW)
    assert [row["id"] for row in page.items] == [later, after, first]
    overrides.remove(connection, later)
    assert overrides.find(connection, later) is None
    users.remove(connection, user_id)
    assert overrides.within(connection, rota_id, NOW - HOUR, NOW + 2 * HOUR) == []


def test_users_who_do_not_exist_are_left_out(connection: Connection) -> None:
    ben, cho = add_user(connection, "ben"), add_user(connection, "cho", enabled=False)
    found = {row["id"]: (row["username"], row["enabled"]) for row in people.find(connection, {ben, cho, 10**9})}
    assert found == {ben: ("ben", True), cho: ("cho", False)}
