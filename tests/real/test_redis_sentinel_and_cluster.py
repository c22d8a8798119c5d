"""nagare over Redis Sentinel and Redis Cluster: what was accepted is done once, whoever of the servers is killed."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.programs import ROOT
from tests.acceptance.stack import Stack
from tests.acceptance.user import EMPTY
from tests.acceptance.watchers import WebSocketWatcher
from tests.cli.instance import environment
from tests.cli.processes import wait_for
from tests.real.load import QUICK, load, wait_until_tasks_are_done, working_stack
from tests.real.redis_servers import MASTER, Cluster, Sentinels

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def clustered(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield nagare with two workers, over the Cluster."""
    yield from working_stack(tmp_path_factory.mktemp("clustered"), REDIS_URL=cluster.url)


@pytest.fixture(scope="module")
def sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    sentinels = Sentinels(tmp_path_factory.mktemp("sentinels"))
    yield sentinels
    sentinels.close()


@pytest.fixture(scope="module")
def watched(sentinels: Sentinels, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield nagare with two workers, over what the Sentinels watch."""
    settings = {"REDIS_SENTINEL_MASTER": MASTER, "REDIS_SENTINEL_PASSWORD": sentinels.sentinel_password}
    yield from working_stack(tmp_path_factory.mktemp("watched"), REDIS_URL=sentinels.url, **settings)


def check_all_that_is_in_redis(stack: Stack, count_dead: Callable[[], int]) -> None:
    """Messages, dead letters, workers, pauses, events, tickets and Celery's own conversations."""
    user = stack.user
    names = {worker["name"] for worker in user.get("/workers")["items"]}
    assert len(names) == 2
    assert {*inspect_registered(stack)} == names
    ticket = user.post("/events/ticket", 201)["ticket"]
    failing = user.add_monitor(f"{QUICK}&fail=1")
    with WebSocketWatcher(stack.port, query=f"?ticket={ticket}&monitor_id={failing}") as watcher:
        assert watcher.next()["event"] == "ready"
        assert user.end(user.pull(failing))["state"] == "dead"
        told = watcher.until_event("task.dead")
    assert [message["event"] for message in told][:2] == ["task.queued", "task.started"]
    wait_for(lambda: user.stats() == {**EMPTY, "dead": 1}, "the dead letter to be counted")
    assert count_dead() == 1
    user.change_monitor(failing, url=QUICK)
    user.post("/queue/pull_hosts/pause")
    time.sleep(1.5)  # a turn of each worker
    user.post("/queue/dead/retry", body={})
    wait_for(lambda: user.stats() == {**EMPTY, "pull_hosts": 1}, "the task to wait")
    user.post("/queue/pull_hosts/resume")
    wait_for(lambda: user.stats() == EMPTY, "the task to be taken")
    assert user.readiness().status_code == 200


def inspect_registered(stack: Stack) -> dict[str, list[str]]:
    command = [sys.executable, "-m", "celery", "-A", "tasks", "inspect", "--json", "registered"]
    given = environment(stack.folder, **stack.settings)
    answer = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, check=True, timeout=60)
    found: dict[str, list[str]] = json.loads(answer.stdout)
    return found


def test_all_works_over_a_cluster(cluster: Cluster, clustered: Stack) -> None:
    owner = cluster.owner()
    check_all_that_is_in_redis(clustered, lambda: int(owner.redis.llen("{nagare}:queue:dead")))
    keys = [str(key) for server in cluster.servers for key in server.redis.keys("*")]
    assert keys
    assert [key for key in keys if not key.startswith("{nagare}:")] == []


def test_the_master_of_a_cluster_is_killed_under_load(cluster: Cluster, clustered: Stack) -> None:
    with load(clustered):
        killed = cluster.owner()
        killed.kill()
        wait_until_tasks_are_done(clustered)
        assert cluster.owner() is not killed
    killed.start()
    wait_for(cluster.is_whole, "the Cluster to be whole again")


def test_the_slot_is_moved_under_load(cluster: Cluster, clustered: Stack) -> None:
    owner = cluster.owner()
    other = next(server for server in cluster.servers if server.is_master() and server is not owner)
    with load(clustered):
        cluster.move_slot(owner, other)
        wait_until_tasks_are_done(clustered)
    assert cluster.owner() is other


def test_a_replica_takes_over_on_request_under_load(cluster: Cluster, clustered: Stack) -> None:
    owner = cluster.owner()
    with load(clustered):
        cluster.replica_of(owner).redis.execute_command("CLUSTER", "FAILOVER")
        wait_for(lambda: not owner.is_master(), "the replica to take over")
        wait_until_tasks_are_done(clustered)


def test_all_works_under_sentinels(sentinels: Sentinels, watched: Stack) -> None:
    master = sentinels.master()
    check_all_that_is_in_redis(watched, lambda: int(master.redis.llen("nagare:queue:dead")))


def test_the_master_under_sentinels_is_killed_under_load(sentinels: Sentinels, watched: Stack) -> None:
    with load(watched):
        killed = sentinels.master()
        killed.kill()
        wait_until_tasks_are_done(watched)
        assert sentinels.master() is not killed
    killed.start()
    wait_for(sentinels.is_whole, "the Sentinels to see three servers again", timeout_s=60)


def test_the_sentinels_change_the_master_on_request_under_load(sentinels: Sentinels, watched: Stack) -> None:
    master = sentinels.master()
    with load(watched):
        sentinels.sentinels[0].redis.execute_command("SENTINEL", "FAILOVER", MASTER)
        wait_for(lambda: not master.is_master(), "the former master to be a replica")
        wait_until_tasks_are_done(watched)
