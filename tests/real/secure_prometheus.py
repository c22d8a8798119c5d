"""A real Prometheus behind TLS, a password, a path prefix, or an nginx that demands a header."""

import json
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.programs import Program
from tests.cli.instance import free_port
from tests.cli.processes import wait_for
from tests.real.authority import Authority, Pair
from tests.real.debian import install
from tests.real.prometheus_servers import ENVIRONMENT, Prometheus

USER, PASSWORD = "运维", "a password for prometheus"
BCRYPT = "$2b$04$nagarenagarenagarenagOsSBF5AMrbF3SC/vzq.Am87trpBReug6"
"""Of the password, at the lowest cost."""
KEY = "a key for nginx"
RULES = [{"alert": "AlwaysThere", "expr": "vector(1)", "labels": {"severity": "page"}}]


@dataclass(frozen=True)
class Front:
    """How a server is reached."""

    certificate: Pair | None = None
    clients_of: Authority | None = None
    """Whose clients it lets in; None for any."""
    has_password: bool = False
    prefix: str = ""


class SecurePrometheus(Prometheus):
    """Scrapes nothing but a port where nobody listens."""

    def __init__(self, folder: Path, front: Front) -> None:
        self._front = front
        super().__init__(folder, RULES)
        scheme = "https" if front.certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}{front.prefix}"

    def command(self) -> Sequence[str]:
        web = self.folder / "web.yml"
        web.write_text(json.dumps(self._web()))
        prefix = [f"--web.route-prefix={self._front.prefix}"] if self._front.prefix else []
        external = [f"--web.external-url=http://prometheus.example{self._front.prefix}"] if self._front.prefix else []
        return (*super().command(), f"--web.config.file={web}", *prefix, *external)

    def _web(self) -> dict[str, object]:
        front = self._front
        web: dict[str, object] = {"basic_auth_users": {USER: BCRYPT}} if front.has_password else {}
        if front.certificate:
            pair = {"cert_file": str(front.certificate.certificate), "key_file": str(front.certificate.key)}
            asks = (
                {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": str(front.clients_of.file)}
                if (front.clients_of)
                else {}
            )
            web["tls_server_config"] = pair | asks
        return web

    def _is_ready(self) -> bool:
        return "Server is ready to receive web requests." in self._program.printed


class Nginx:
    """Lets in whoever sends the header X-Key, with TLS, to a server behind it."""

    def __init__(self, folder: Path, front: Front, behind: Prometheus) -> None:
        install("nginx-light")
        assert front.certificate
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}{front.prefix}"
        asks = f"ssl_verify_client on; ssl_client_certificate {front.clients_of.file};" if front.clients_of else ""
        file = folder / "nginx.conf"
        file.write_text(f"""
daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}}
http {{ access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{self.port} ssl; {asks}
    ssl_certificate {front.certificate.certificate}; ssl_certificate_key {front.certificate.key};
    if ($http_x_key != "{KEY}") {{ return 403; }}
    location / {{ proxy_pass http://127.0.0.1:{behind.port}; }} }} }}
""")
        self._program = Program("nginx", ("nginx", "-c", str(file), "-p", str(folder)), folder, ENVIRONMENT)
        wait_for(self._listens, "nginx to listen")

    def kill(self) -> None:
        self._program.kill()

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False
