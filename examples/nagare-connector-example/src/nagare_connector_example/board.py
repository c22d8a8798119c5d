"""A tiny status board to try the connector on: `python -m nagare_connector_example.board --token secret`."""

import argparse
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Row = dict[str, Any]
MEASURED = 1_795_000_000


@dataclass
class Board:
    """What a board shows, and the token that it asks for."""

    token: str
    hosts: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    alerts: list[Row] = field(default_factory=list)

    def add_host(self, host_id: str, name: str, **fields: Any) -> None:
        """Add a host with its load."""
        self.hosts.append({"id": host_id, "name": name, "address": "", "team": "ops", "problem": "", **fields})
        load = {"host": host_id, "id": "load", "title": "Load", "value": "0.5", "unit": "", "measured": MEASURED}
        self.items.append(load)

    def answer(self, path: str, query: dict[str, list[str]]) -> Row | None:
        """Return the answer to a request; None for a path that there is not."""
        if path == "/api/version":
            return {"version": "board 1.4"}
        if path == "/api/hosts":
            return {"hosts": self._hosts(query), "total": len(self.hosts)}
        if path == "/api/items":
            return {"items": [row for row in self.items if self._is_wanted(row, query)]}
        return {"alerts": self.alerts} if path == "/api/alerts" else None

    def _hosts(self, query: dict[str, list[str]]) -> list[Row]:
        if "id" in query:
            return [host for host in self.hosts if host["id"] in query["id"]]
        after = query.get("after", [""])[0]
        ids = [host["id"] for host in self.hosts]
        start = ids.index(after) + 1 if after in ids else 0
        return self.hosts[start : start + int(query.get("limit", ["100"])[0])]

    @staticmethod
    def _is_wanted(row: Row, query: dict[str, list[str]]) -> bool:
        return row["host"] in query.get("host", []) and row["id"] in query.get("id", [row["id"]])


def make_server(board: Board, port: int = 0) -> ThreadingHTTPServer:
    """Return a server of a board on this machine; port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answer a request."""
            parts = urlsplit(self.path)
            if self.headers["Authorization"] != f"Bearer {board.token}":
                self._send(HTTPStatus.UNAUTHORIZED, {"error": "the token is wrong"})
                return
            answer = board.answer(parts.path, parse_qs(parts.query))
            self._send(HTTPStatus.NOT_FOUND if answer is None else HTTPStatus.OK, answer or {"error": "no such path"})

        def _send(self, status: HTTPStatus, tree: Row) -> None:
            body = json.dumps(tree).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server


def demo(token: str) -> Board:
    """Return a board with 250 hosts and two alerts."""
    board = Board(token)
    for number in range(1, 251):
        board.add_host(f"h{number}", f"web-{number:03}", address=f"10.0.0.{number}")
    board.alerts = [
        {"id": "a1", "host": "h1", "text": "The disk is nearly full", "level": "critical"},
        {"id": "a2", "host": "h2", "text": "The backup is late", "level": "warning"},
    ]
    return board


def main() -> None:
    """Serve the demo board until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A status board to try the connector on.")
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--token", default="secret")
    given = parser.parse_args()
    with make_server(demo(given.token), given.port) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
