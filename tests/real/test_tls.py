"""Redis and RabbitMQ behind TLS: tasks run, and a server whose certificate nobody vouches for gets nothing."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.certificates import self_signed_certificate
from tests.cli.instance import free_port
from tests.cli.processes import wait_for
from tests.real.debian import install
from tests.real.load import QUICK, working_stack
from tests.real.rabbitmq_server import RabbitMq

pytestmark = pytest.mark.real

PASSWORD = "a password for redis"
QUOTED = "a%20password%20for%20redis"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed_certificate(x509.IPAddress(ip_address("127.0.0.1")), tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def redis_port(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Yield the port of a Redis that speaks nothing but TLS. Valkey as it comes from PyPI does not speak it."""
    install("redis-server")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    file = folder / "redis.conf"
    listening = {"bind": "127.0.0.1", "port": 0, "tls-port": port, "dir": folder, "save": '""'}
    secure = dict.fromkeys(("tls-cert-file", "tls-key-file", "tls-ca-cert-file"), certificate)
    options = {**listening, **secure, "tls-auth-clients": "no", "requirepass": f'"{PASSWORD}"'}
    file.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    server = Program("redis", ("redis-server", str(file)), folder, {"PATH": "/usr/bin"})
    yield port
    server.kill()


@pytest.mark.parametrize("trust", ["ssl_ca_certs={}", "ssl_cert_reqs=none"])
def test_tasks_run_over_a_redis_behind_tls(trust: str, redis_port: int, certificate: Path, tmp_path: Path) -> None:
    url = f"rediss://:{QUOTED}@127.0.0.1:{redis_port}/0?{trust.format(certificate)}"
    for stack in working_stack(tmp_path, REDIS_URL=url):
        run_some_tasks(stack)


def test_a_redis_that_nobody_vouches_for_gets_nothing(redis_port: int, tmp_path: Path) -> None:
    stack = Stack(tmp_path, REDIS_URL=f"rediss://:{QUOTED}@127.0.0.1:{redis_port}/0")
    try:
        worker = stack.launch_worker()
        task_id = stack.user.pull(stack.user.add_monitor(QUICK))
        wait_for(lambda: "CERTIFICATE_VERIFY_FAILED" in worker.printed, "the worker to say why it does not connect")
        assert stack.user.readiness().status_code == 503
        assert stack.user.task(task_id)["state"] == "queued"
        said = worker.printed + stack.api.printed
        assert PASSWORD not in said and QUOTED not in said
    finally:
        stack.close()


@pytest.fixture(scope="module")
def rabbitmq(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMq]:
    rabbitmq = RabbitMq(tmp_path_factory.mktemp("rabbitmq"), certificate)
    yield rabbitmq
    rabbitmq.close()


def test_tasks_run_over_a_rabbitmq_behind_tls(rabbitmq: RabbitMq, certificate: Path, tmp_path: Path) -> None:
    # The system's authorities are those that OpenSSL is told of.
    for stack in working_stack(tmp_path, BROKER_URL=rabbitmq.secure_url, SSL_CERT_FILE=str(certificate)):
        run_some_tasks(stack)


def test_a_rabbitmq_that_nobody_vouches_for_gets_nothing(rabbitmq: RabbitMq, tmp_path: Path) -> None:
    stack = Stack(tmp_path, BROKER_URL=rabbitmq.secure_url)
    try:
        worker = stack.launch_worker()
        task_id = stack.user.pull(stack.user.add_monitor(QUICK))
        wait_for(lambda: "CERTIFICATE_VERIFY_FAILED" in worker.printed, "the worker to say why it does not connect")
        assert stack.user.task(task_id)["state"] == "queued"
        assert sum(rabbitmq.lengths().values()) == 0
    finally:
        stack.close()


def run_some_tasks(stack: Stack) -> None:
    quick = stack.user.add_monitor(QUICK, max_parallel_tasks=100)
    task_ids = [stack.user.pull(quick) for _ in range(20)]
    ended = [stack.user.end(task_id) for task_id in task_ids]
    assert {(task["state"], task["attempts"]) for task in ended} == {("succeeded", 1)}
