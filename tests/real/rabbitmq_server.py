"""A real RabbitMQ on loopback, all of it in a folder of its own."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from tests.acceptance.programs import Program
from tests.cli.instance import free_port
from tests.cli.processes import wait_for
from tests.real.debian import install

BIN = Path("/usr/lib/rabbitmq/bin")


class RabbitMq:
    """Started by its constructor; with a file of a certificate and its key it listens for TLS too."""

    def __init__(self, folder: Path, certificate: Path | None = None) -> None:
        install("rabbitmq-server")
        self.folder = folder
        self.port, self.secure_port = free_port(), free_port()
        config = folder / "rabbitmq.conf"
        config.write_text("" if certificate is None else self._secured(certificate))
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "RABBITMQ_NODENAME": f"nagare-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(free_port()),
        }
        # Started by us: left to Erlang it would be a daemon that outlives the test.
        self._names = Program("epmd", ("epmd",), folder, self._environment)
        self.start()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def secure_url(self) -> str:
        return f"amqps://guest:guest@127.0.0.1:{self.secure_port}//"

    def start(self) -> None:
        self._server = Program("rabbitmq", (str(BIN / "rabbitmq-server"),), self.folder, self._environment)
        try:
            wait_for(self._answers, "RabbitMQ to answer", timeout_s=90)
        except BaseException:
            self.close()
            raise

    def kill(self) -> None:
        self._server.kill()

    def forget(self) -> None:
        """Take away what a killed server had on its disk."""
        shutil.rmtree(self.folder / "data")

    def lengths(self) -> dict[str, int]:
        """What its own tool says of each queue: the messages that are ready."""
        listed = self.ctl("list_queues", "name", "messages_ready", "--no-table-headers").split("\n")
        rows = [line.split("\t") for line in listed if line.startswith("nagare:")]
        return {name.rpartition(":")[2]: int(ready) for name, ready in rows}

    def ctl(self, *arguments: str) -> str:
        command = (str(BIN / "rabbitmqctl"), "--quiet", *arguments)
        return subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    def close(self) -> None:
        self._server.kill()
        self._names.kill()

    def _secured(self, certificate: Path) -> str:
        options = dict.fromkeys(("cacertfile", "certfile", "keyfile"), str(certificate)) | {"verify": "verify_none"}
        listener = f"listeners.ssl.default = 127.0.0.1:{self.secure_port}\n"
        return listener + "".join(f"ssl_options.{name} = {value}\n" for name, value in options.items())

    def _answers(self) -> bool:
        assert self._server.process.poll() is None, self._server.printed
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                self.ctl("await_startup", "--timeout", "30")
        except OSError:
            return False
        return True
