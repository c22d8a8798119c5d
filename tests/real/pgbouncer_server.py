"""A real PgBouncer in transaction mode, in front of a PostgreSQL on loopback."""

import os
import socket
from pathlib import Path

from sqlalchemy import make_url

from tests.acceptance.programs import Program
from tests.cli.instance import free_port
from tests.cli.processes import wait_for
from tests.real.debian import install


class PgBouncer:
    """Started by its constructor; `connections` is how many it opens to the server at most."""

    def __init__(self, folder: Path, url: str, connections: int) -> None:
        install("pgbouncer")
        self._behind = make_url(url)
        self._port = free_port()
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self._port,
            "unix_socket_dir": "",
            "auth_type": "any",
            "pool_mode": "transaction",
            "default_pool_size": connections,
            "max_client_conn": 200,
        }
        file = folder / "pgbouncer.ini"
        lines = [f"{name} = {value}" for name, value in settings.items()]
        server = f"host={self._behind.host} port={self._behind.port} user={self._behind.username}"
        file.write_text("\n".join(["[databases]", f"* = {server}", "[pgbouncer]", *lines, ""]))
        command = ("pgbouncer", *(("-u", "nobody") if os.geteuid() == 0 else ()), str(file))
        self._program = Program("pgbouncer", command, folder, os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"})
        wait_for(self._answers, "PgBouncer to answer")

    @property
    def url(self) -> str:
        return self._behind.set(host="127.0.0.1", port=self._port).render_as_string(hide_password=False)

    def close(self) -> None:
        self._program.kill()

    def _answers(self) -> bool:
        assert self._program.process.poll() is None, self._program.printed
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True
