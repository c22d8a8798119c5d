"""Frames of RFC 6455 and of the event stream."""

import json

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Ping, Pong

from app.web.streams.wires import MAX_MESSAGE, EventStreamWire, WebSocketWire, WireClosed


@pytest.fixture
def client() -> Connection:
    return Connection(ConnectionType.CLIENT)


@pytest.fixture
def wire() -> WebSocketWire:
    return WebSocketWire("dGhlIHNhbXBsZSBub25jZQ==")


def received(client: Connection, data: bytes) -> list[Event]:
    client.receive_data(data)
    return list(client.events())


def test_the_handshake_of_the_rfc(wire: WebSocketWire) -> None:
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in wire.opening


@pytest.mark.parametrize("length", [0, 125, 126, 65535, 65536, 200_000])
def test_messages_of_all_lengths_are_read(client: Connection, wire: WebSocketWire, length: int) -> None:
    (event,) = received(client, wire.message("1-0", "x" * length))
    assert isinstance(event, Message)
    assert (event.data, event.message_finished) == ("x" * length, True)


def test_a_client_s_message_in_parts_and_a_ping_between_them(client: Connection, wire: WebSocketWire) -> None:
    data = client.send(Message(data="主机", message_finished=False)) + client.send(Ping(b"?"))
    data += client.send(Message(data="上线", message_finished=True))
    found = [message for place in range(len(data)) for message in wire.receive(data[place : place + 1])]
    assert [message for message in found if isinstance(message, str)] == ["主机上线"]
    (pong,) = [message for message in found if isinstance(message, bytes)]
    assert received(client, pong) == [Pong(b"?")]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (CloseConnection(1000, "bye"), 1000),
        (Message(data="x" * (MAX_MESSAGE + 1)), 1009),
        (BytesMessage(data=b"x"), 1003),
    ],
)
def test_what_ends_a_connection(client: Connection, wire: WebSocketWire, event: Event, code: int) -> None:
    with pytest.raises(WireClosed) as closed:
        list(wire.receive(client.send(event)))
    (answer,) = received(client, closed.value.farewell)
    assert isinstance(answer, CloseConnection)
    assert answer.code == code


def test_what_is_no_frame_ends_the_connection(client: Connection, wire: WebSocketWire) -> None:
    with pytest.raises(WireClosed) as closed:
        list(wire.receive(b"GET / HTTP/1.1\r\n\r\n"))
    assert [event.code for event in received(client, closed.value.farewell)] == [1002]  # type: ignore[attr-defined]


def test_an_event_stream_s_messages() -> None:
    wire = EventStreamWire()
    assert wire.message("5-1", '{"a":"主"}') == 'id: 5-1\ndata: {"a":"主"}\n\n'.encode()
    assert wire.heartbeat("5-2") == b": heartbeat\nid: 5-2\n\n"
    kind, data = wire.farewell(1008, "gone").decode().splitlines()[:2]
    assert (kind, json.loads(data.removeprefix("data: "))["code"]) == ("event: end", 1008)
    assert wire.farewell(1001, "stop") == b""
