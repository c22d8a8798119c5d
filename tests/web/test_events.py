"""What is asked of the events before a connection becomes a stream."""

import pytest

from app.services.ledger.task_watch import MAX_WAITING
from app.web.server.front_door import THREADS
from app.web.streams import streams
from tests.web.caller import Caller

SOCKET = {
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
STREAM = {"Accept": "text/event-stream"}


def test_without_a_token_or_a_ticket_there_is_no_stream(nobody: Caller) -> None:
    assert nobody.get("/events", headers=STREAM).status == 401
    assert nobody.get("/events?ticket=made-up", headers=STREAM).status == 401
    assert nobody.get("/events?ticket=made-up", headers=SOCKET).status == 401
    assert nobody.get("/events", headers={**STREAM, "Authorization": "Bearer made-up"}).status == 401


@pytest.mark.parametrize(
    "headers", [{}, {"Accept": "*/*"}, {**SOCKET, "Sec-WebSocket-Version": "8"}, {**SOCKET, "Sec-WebSocket-Key": ""}]
)
def test_who_asks_for_neither_kind_is_told_how(viewer: Caller, headers: dict[str, str]) -> None:
    answer = viewer.get("/events", headers=headers)
    assert (answer.status, answer.json["code"]) == (426, "upgrade_required")
    assert answer.headers["Upgrade"] == "websocket"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("monitor_id=0", "monitor_id"),
        ("type=x", "type"),
        ("task_id=x", "task_id"),
        ("last_id=x", "last_id"),
        ("a=", "a"),
    ],
)
def test_filters_are_checked(viewer: Caller, query: str, field: str) -> None:
    answer = viewer.get(f"/events?{query}", headers=STREAM)
    assert (answer.status, [*answer.json["errors"]]) == (422, [field])


def test_the_last_event_is_checked(viewer: Caller) -> None:
    answer = viewer.get("/events", headers={**STREAM, "Last-Event-ID": "1-0 x"})
    assert (answer.status, [*answer.json["errors"]]) == (422, ["Last-Event-ID"])


def test_a_server_that_gives_no_connection_away_says_so(viewer: Caller) -> None:
    answer = viewer.get("/events", headers=STREAM)
    assert (answer.status, answer.json["code"]) == (426, "no_streams")


def test_a_full_server_says_when_to_come_again(viewer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_STREAMS", 0)
    answer = viewer.get("/events", headers=STREAM)
    assert (answer.status, answer.json["code"]) == (503, "too_many_streams")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_ticket_of_a_session_that_ended_is_not_good(viewer: Caller, nobody: Caller) -> None:
    ticket = viewer.post("/events/ticket").json["ticket"]
    assert viewer.post("/auth/logout").status == 204
    assert nobody.get(f"/events?ticket={ticket}", headers=STREAM).status == 401


def test_the_api_has_threads_left_when_all_who_may_wait() -> None:
    assert THREADS >= 2 * MAX_WAITING
