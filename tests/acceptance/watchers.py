"""Somebody who watches the events: by WebSocket or as a text/event-stream."""

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any, Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, RejectConnection, Request

Json = dict[str, Any]
PATIENCE_S = 60.0


class Ended(Exception):
    """The server ended the stream; `code` is that of the close frame, None where the connection just broke."""

    def __init__(self, code: int | None, reason: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code = code


class Watcher:
    """What both kinds share: a connection, and waiting for what comes."""

    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(("127.0.0.1", port))
        self.seen: list[Json] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def next(self) -> Json:
        raise NotImplementedError

    def until(self, is_last: Callable[[Json], bool]) -> list[Json]:
        """Return what comes up to an event, without heartbeats."""
        found: list[Json] = []
        while not found or not is_last(found[-1]):
            message = self.next()
            if message["event"] != "heartbeat":
                found.append(message)
        return found

    def until_event(self, *names: str) -> list[Json]:
        return self.until(lambda message: message["event"] in names)

    def end(self) -> int | None:
        """Read on until the server ends the stream, and return the code."""
        try:
            while True:
                self.next()
        except Ended as ended:
            return ended.code


class WebSocketWatcher(Watcher):
    """Connects by its constructor; with a token its first message says who it is and what it wants."""

    def __init__(
        self,
        port: int,
        token: str | None = None,
        query: str = "",
        receive_buffer: int | None = None,
        wanted: Json | None = None,
    ) -> None:
        super().__init__(port, receive_buffer)
        self._connection = WSConnection(ConnectionType.CLIENT)
        self._pending = self._events()
        self.send(Request(host="127.0.0.1", target=f"/api/v1/events{query}"))
        answer = next(self._pending)
        if isinstance(answer, RejectConnection):
            self.close()
            raise Ended(answer.status_code)
        assert isinstance(answer, AcceptConnection), answer
        if token is not None:
            self.say({"token": token, **(wanted or {})})

    def say(self, message: object) -> None:
        self.send(Message(data=message if isinstance(message, str) else json.dumps(message)))

    def send(self, event: Any) -> None:
        self.socket.sendall(self._connection.send(event))

    def next(self) -> Json:
        text = ""
        for event in self._pending:
            if isinstance(event, CloseConnection):
                raise Ended(event.code, event.reason or "")
            text += event.data
            if event.message_finished:
                break
        message: Json = json.loads(text)
        self.seen.append(message)
        return message

    def _events(self) -> Iterator[Any]:
        while True:
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                raise Ended(None)
            self._connection.receive_data(data)
            yield from self._connection.events()


class EventStreamWatcher(Watcher):
    """Connects by its constructor, as a browser's EventSource or curl does."""

    def __init__(self, port: int, query: str = "", **headers: str) -> None:
        super().__init__(port)
        given = {"Host": "127.0.0.1", "Accept": "text/event-stream", **headers}
        named = (f"{name.replace('_', '-')}: {value}" for name, value in given.items())
        lines = [f"GET /api/v1/events{query} HTTP/1.1", *named, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self._file = self.socket.makefile("r", encoding="utf-8", newline="\n")
        self.status = int(self._file.readline().split()[1])
        self.headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = value
        self.last_id = ""
        if self.status != 200:
            self.close()
            raise Ended(self.status)

    def close(self) -> None:
        self._file.close()
        super().close()

    def next(self) -> Json:
        data = ""
        while True:
            try:
                line = self._file.readline()
            except ConnectionError:
                line = ""
            if not line:
                raise Ended(None)
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "id":
                self.last_id = value
            elif name == "data":
                data = value
            elif not line.strip() and data:
                message: Json = json.loads(data)
                if message["event"] == "end":
                    raise Ended(message["code"])
                self.seen.append(message)
                return message
