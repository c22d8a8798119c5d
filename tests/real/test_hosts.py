"""nagare on nine hosts of a network whose hosts stop hearing each other. Needs root."""

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from app.store.database.engine import Database
from app.store.operation.schema_revision import newest_revision
from tests.acceptance.programs import ROOT, Program
from tests.acceptance.user import User
from tests.cli.processes import wait_for
from tests.real.cluster import LONGER_THAN_A_LEASE_S, PORT, QUICK, Cluster, Load
from tests.real.debian import install
from tests.real.slow_monitor import SlowMonitor

pytestmark = pytest.mark.real

NEWER_VERSION = "99.0.0"
NEWER_REVISION = "9999"
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{revision}", "{before}", None, None


def upgrade():
    for table in ("task_runs", "monitors"):
        op.add_column(table, sa.Column("newer", sa.Text, nullable=True))
        op.create_index(f"ix_{{table}}_newer", table, ["newer"])


def downgrade():
    for table in ("task_runs", "monitors"):
        op.drop_column(table, "newer")
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    for package in ("iproute2", "nftables", "postgresql"):
        install(package)
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        with cluster.user_host.entered():
            cluster.start()
            yield cluster
    finally:
        cluster.close()


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """Return a copy of nagare with one more migration, as the next version will have."""
    for name in ("app", "tasks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("celeryconfig.py", "gunicorn.conf.py", "wsgi.py"):
        shutil.copy(ROOT / name, tmp_path)
    migration = MIGRATION.format(revision=NEWER_REVISION, before=newest_revision())
    (tmp_path / f"app/store/migrations/versions/{NEWER_REVISION}_newer.py").write_text(migration)
    version = tmp_path / "app/__init__.py"
    version.write_text(f'{version.read_text()}\n__version__ = "{NEWER_VERSION}"\n')
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def every_minute(cluster: Cluster) -> None:
    """Have a schedule that is due while the other tests run."""
    schedule = {"name": "often", "cron": "* * * * *", "timezone": "UTC", "task_type": "generate_alerts"}
    cluster.user.post("/schedules", 201, {**schedule, "params": {"count": 1}})


@pytest.fixture(autouse=True)
def _logs(cluster: Cluster) -> Iterator[None]:
    """Show what the programs logged in the test, if it fails."""
    begins = {program: program.log.stat().st_size for program in cluster.programs}
    yield
    for program in cluster.programs:
        print(f"\n{program.name}\n{program.printed.encode()[begins.get(program, 0) :].decode()[-20000:]}")


@pytest.fixture
def monitor(cluster: Cluster) -> int:
    id = cluster.user.add_monitor(QUICK)
    cluster.user.change_monitor(id, max_parallel_tasks=100)
    return id


@pytest.fixture
def users(cluster: Cluster) -> list[User]:
    """Return a user of each API."""
    return [cluster.new_user(host) for host in cluster.web_hosts]


def succeeded(worker: Program) -> int:
    return len(worker.events("task.succeeded"))


def assert_works_again(worker: Program, load: Load) -> None:
    done = succeeded(worker)
    wait_for(lambda: succeeded(worker) > done, f"{worker.name} to take tasks again", 60)
    assert load.accepted


def test_a_cut_is_silence_and_only_between_the_two(cluster: Cluster) -> None:
    address = (cluster.redis_host.address, 6379)
    with cluster.network.cut(cluster.user_host, cluster.redis_host):
        with pytest.raises(TimeoutError):
            socket.create_connection(address, timeout=1)
        assert cluster.user.stats()
    socket.create_connection(address, timeout=5).close()


def test_a_worker_and_redis_that_do_not_hear_each_other(cluster: Cluster, users: list[User], monitor: int) -> None:
    worker = cluster.workers[0]
    with Load(users, monitor) as load:
        assert_works_again(worker, load)
        with cluster.network.cut(cluster.worker_hosts[0], cluster.redis_host):
            time.sleep(LONGER_THAN_A_LEASE_S / 2)
            done = succeeded(worker)
            time.sleep(LONGER_THAN_A_LEASE_S / 2)
            assert succeeded(worker) == done
        assert_works_again(worker, load)
    assert load.failed == []
    cluster.assert_kept(load.accepted)


def test_a_worker_and_the_database_that_do_not_hear_each_other(
    cluster: Cluster, users: list[User], monitor: int
) -> None:
    worker = cluster.workers[1]
    with Load(users, monitor) as load:
        assert_works_again(worker, load)
        with cluster.network.cut(cluster.worker_hosts[1], cluster.sql_host):
            time.sleep(LONGER_THAN_A_LEASE_S)
        assert_works_again(worker, load)
    assert load.failed == []
    cluster.assert_kept(load.accepted)


@pytest.mark.parametrize("deaf", ["worker", "redis", "sql"])
def test_one_that_is_heard_and_hears_nothing(cluster: Cluster, users: list[User], monitor: int, deaf: str) -> None:
    host, worker = cluster.worker_hosts[2], cluster.workers[2]
    one, other = {
        "worker": (host, cluster.redis_host),
        "redis": (cluster.redis_host, host),
        "sql": (cluster.sql_host, host),
    }[deaf]
    with Load(users, monitor) as load:
        assert_works_again(worker, load)
        one.silence(other)
        time.sleep(LONGER_THAN_A_LEASE_S)
        one.hear(other)
        assert_works_again(worker, load)
    assert load.failed == []
    cluster.assert_kept(load.accepted)


def test_an_api_and_redis_that_do_not_hear_each_other(cluster: Cluster, users: list[User], monitor: int) -> None:
    with Load([users[1]], monitor) as load, cluster.network.cut(cluster.web_hosts[1], cluster.redis_host):
        time.sleep(LONGER_THAN_A_LEASE_S)
        assert cluster.readiness(cluster.web_hosts[1]).status_code == 200
    assert load.failed == []
    assert load.slowest_s < 2
    cluster.assert_kept(load.accepted)


def test_an_api_and_the_database_that_do_not_hear_each_other(cluster: Cluster, users: list[User], monitor: int) -> None:
    with cluster.network.cut(cluster.web_hosts[1], cluster.sql_host):
        for _ in range(2):
            asked_at = time.monotonic()
            refusal = users[1].call("POST", f"/monitors/{monitor}/hosts/pull-async", 503)
            assert refusal.json()["code"] == "database_unavailable"
            assert time.monotonic() - asked_at < 15
        assert cluster.readiness(cluster.web_hosts[1]).status_code == 503
        accepted = [users[0].pull(monitor)]
    # Each of its processes finds out by itself that the connections it had are gone.
    with Load([users[1]], monitor) as load:
        wait_for(lambda: len(load.accepted) > 10, "the API to see the database again")
    cluster.assert_kept([*accepted, *load.accepted])


def test_a_host_that_vanishes_in_the_middle_of_a_transaction_keeps_no_lock(cluster: Cluster, monitor: int) -> None:
    database = Database(cluster.settings["DATABASE_URL"], durable=False)
    connection = database.engine.connect()
    connection.execute(text("UPDATE monitors SET name = name WHERE id = :id"), {"id": monitor})
    with cluster.network.cut(cluster.user_host, cluster.sql_host):
        cluster.user.change_monitor(monitor, name="changed by somebody else")
        connection.invalidate()
    database.close()


def test_a_worker_that_does_not_hear_the_database_stops_before_another_one_begins(cluster: Cluster) -> None:
    with SlowMonitor(cluster.user_host.address) as slow:
        monitor = cluster.user.add_monitor(slow.url, "prometheus")
        task_id = cluster.user.pull(monitor)
        wait_for(lambda: len(slow.asked) == 1, "the monitor to be asked")
        worker = cluster.user.task(task_id)["worker"]
        (host,) = [each for each in cluster.worker_hosts if f"@{each.name}/" in worker]
        with cluster.network.cut(host, cluster.sql_host):
            wait_for(lambda: len(slow.asked) == 2, "another worker to ask the monitor", 30)
            first, second = slow.asked
            assert first.gone_at is not None
            assert first.gone_at < second.asked_at
        cluster.user.cancel(task_id)
    assert cluster.user.task(task_id)["attempts"] == 2


def test_a_worker_host_that_vanishes_whole(cluster: Cluster, users: list[User], monitor: int) -> None:
    host = cluster.worker_hosts[2]
    others = [each for each in cluster.network.hosts.values() if each is not host]
    with Load(users, monitor) as load:
        assert_works_again(cluster.workers[2], load)
        with ExitStack() as stack:
            for other in others:
                stack.enter_context(cluster.network.cut(host, other))
            host.lose_power()
        cluster.workers[2], cluster.beats[2] = cluster.start_worker(host), cluster.start_beat(host)
        assert_works_again(cluster.workers[2], load)
    assert load.failed == []
    cluster.assert_kept(load.accepted)


def test_three_schedulers_and_three_workers_fire_once_a_minute(cluster: Cluster) -> None:
    def fired() -> list[datetime]:
        return [
            datetime.fromisoformat(task["created_at"]) for task in cluster.user.all("/tasks", type="generate_alerts")
        ]

    wait_for(lambda: len(fired()) >= 2, "the schedule to be due twice", 125)
    minutes = sorted(moment.replace(second=0, microsecond=0) for moment in fired())
    assert len({*minutes}) == len(minutes)
    assert (minutes[-1] - minutes[0]).total_seconds() == 60 * (len(minutes) - 1)
    assert all(program.process.poll() is None for program in cluster.beats)


def test_a_rolling_upgrade_with_a_migration(cluster: Cluster, monitor: int, newer: Path) -> None:
    old_webs, old_workers = [*cluster.webs], [*cluster.workers]
    revision = "SELECT version_num FROM alembic_version"
    with Load([cluster.new_user(host) for host in cluster.web_hosts], monitor) as load:
        assert_works_again(old_workers[0], load)
        migrated = cluster.start_migration(newer)
        assert migrated.process.wait(timeout=60) == 0, migrated.printed
        with cluster.database.reading() as connection:
            assert connection.execute(text(revision)).scalar_one() == NEWER_REVISION
        for host in cluster.web_hosts:
            assert cluster.readiness(host).status_code == 200
        before = len(load.accepted)
        wait_for(lambda: len(load.accepted) > before + 10, "the old version to go on")
        for number, host in enumerate(cluster.web_hosts):
            cluster.start_web(host, PORT + 1, newer)
            cluster.wait_until_ready(host, PORT + 1)
            load.users = [*load.users[:number], cluster.new_user(host, PORT + 1), *load.users[number + 1 :]]
            assert_works_again(old_workers[0], load)
            assert old_webs[number].stop() == 0
        for number, host in enumerate(cluster.worker_hosts):
            cluster.workers[number] = cluster.start_worker(host, newer)
            assert_works_again(cluster.workers[number], load)
            assert old_workers[number].stop() == 0
        assert_works_again(cluster.workers[0], load)
        metrics = load.users[0].http.get(f"http://{cluster.web_hosts[0].address}:{PORT + 1}/metrics").text
        assert f'nagare_build_info{{version="{NEWER_VERSION}"}}' in metrics
    assert load.failed == []
    cluster.assert_kept(load.accepted)
    with cluster.database.reading() as connection:
        counted = "SELECT count(*) FROM task_attempts WHERE task_id = ANY(:ids)"
        assert connection.execute(text(counted), {"ids": load.accepted}).scalar_one() == 0
