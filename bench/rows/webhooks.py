"""Alerts that monitors post, one per request, until they are in the list of alerts."""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import text

from app.store.database.engine import Database
from bench import load
from bench.environment import KINDS, Environment
from bench.figures import Figure
from bench.load import Target
from tests.acceptance.programs import ROOT
from tests.acceptance.stack import Stack
from tests.cli.instance import free_port
from tests.cli.processes import wait_for

ALERTS = 1000
CLIENTS = 8
A_SECOND = 10_000 / 60
ALERTA = "alerta on PostgreSQL"
LABELS = {
    **{"alertname": "DiskFull", "cluster": "eu-1", "namespace": "shop", "service": "cart", "team": "pay"},
    **{"env": "production", "job": "node", "device": "sda1"},
}
"""Eight of the ten labels of each alert; the others are its pod and its instance."""


def measure(environment: Environment) -> Iterator[Figure]:
    """Post alerts with ten labels to nagare with one worker, and to alerta, which takes them in within the request."""
    count = environment.sizes.of(ALERTS)
    beside = {ALERTA: _alerta(environment, count)}
    for kind in KINDS:
        url = environment.new_database(kind)
        # Without a quota, since this measures throughput, not one monitor's limit.
        unlimited = environment.stack(url, NAGARE_WEBHOOK_ALERTS_PER_MINUTE="0")
        with unlimited as stack, closing(Database(url, durable=False)) as database:
            stack.start_worker()
            target = _target(stack)
            rates = [_rate(target, database, count) for _ in range(environment.sizes.rounds)]
            rate = statistics.median(rates)
            yield Figure(f"{kind}, {CLIENTS} clients, taken in", "alerts/s", rate, beside, aim_ratio=4)
            steady = load.run(target, CLIENTS, requests=count, rate=min(A_SECOND, rate))
            yield Figure(f"{kind}, at 10,000 a minute, p99", "ms", steady.percentile_ms(0.99))


def _target(stack: Stack) -> Target:
    monitor = stack.user.add_monitor("simulator://demo?hosts=1&items=1")
    token = stack.user.post(f"/monitors/{monitor}/webhook-token", 201)["token"]
    marks = iter(range(10**9))

    def body(number: int) -> bytes:
        mark = next(marks)
        alert = {"message": "磁盘空间不足", "severity": "warning", "id": f"disk {mark}", "labels": _labels(mark)}
        return json.dumps(alert).encode()

    return Target(f"http://127.0.0.1:{stack.port}/api/v1/alerts/webhook", "POST", token, body, 202)


def _labels(mark: int) -> dict[str, str]:
    return {**LABELS, "pod": f"cart-{mark}", "instance": f"10.0.{mark % 250}.{mark % 200}:9100"}


def _rate(target: Target, database: Database, count: int) -> float:
    """Return how many alerts are taken in per second, from the first post to the last alert in the list."""
    known = _count(database)
    begun_at = time.monotonic()
    load.run(target, CLIENTS, requests=count)
    wait_for(lambda: _count(database) == known + count, f"{count} alerts to be taken in", 300)
    return count / (time.monotonic() - begun_at)


def _count(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT count(*) FROM alerts")).scalar_one())


def _alerta(environment: Environment, count: int) -> float:
    """Return alerta's rate, with the same numbers of gunicorn processes and threads."""
    python, url = environment.peers(), environment.new_database("PostgreSQL")
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    port = free_port()
    gunicorn = ("-m", "gunicorn", "-c", "bench/peers/gunicorn_threads.py")
    with environment.stack(environment.new_database(KINDS[0])) as stack:
        # Otherwise its processes would create the schema concurrently, and fail.
        variables = {**os.environ, "DATABASE_URL": plain}
        subprocess.run([python, "-m", "bench.peers.alerta_app"], cwd=ROOT, env=variables, check=True)
        command = (str(python), *gunicorn, "bench.peers.alerta_app:application")
        program = stack.start("alerta", *command, DATABASE_URL=plain, NAGARE_PORT=str(port))
        marks = iter(range(10**9))

        def body(number: int) -> bytes:
            mark = next(marks)
            tags = [f"{name}={value}" for name, value in _labels(mark).items()]
            alert = {"resource": f"disk {mark}", "event": "DiskFull", "environment": "Production", "tags": tags}
            return json.dumps({**alert, "service": ["storage"], "severity": "warning", "text": "磁盘空间不足"}).encode()

        target = Target(f"http://127.0.0.1:{port}/alert", "POST", body=body, status=201)

        def answers() -> bool:
            assert program.process.poll() is None, program.printed
            try:
                return load.run(target, CLIENTS, requests=10 * CLIENTS).rate > 0
            except (OSError, RuntimeError):
                # Each of its processes creates the schema again at its first request, and returns 500 if two collide: a
                # process that had no request yet would do so in the middle of the measurement.
                return False

        wait_for(answers, "alerta to answer")
        return statistics.median(
            load.run(target, CLIENTS, requests=count).rate for _ in range(environment.sizes.rounds)
        )
