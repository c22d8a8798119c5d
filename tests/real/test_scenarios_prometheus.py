"""A user works with a real Prometheus through nagare: the API, Valkey and a worker as processes of their own."""

import httpx
import pytest

from tests.acceptance.fixtures import _tidy, database_url, stack, user, worker
from tests.acceptance.user import User

__all__ = ["_tidy", "database_url", "stack", "user", "worker"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("worker")]


@pytest.fixture
def monitor(user: User, prometheus_url: str) -> int:
    """Return the id of a monitor whose hosts and items are pulled."""
    monitor = user.add_monitor(prometheus_url, "prometheus")
    task = user.end(user.pull(monitor))
    assert (task["state"], task["result"]["created"]) == ("succeeded", 5)
    task = user.end(user.pull(monitor, "items"))
    assert (task["state"], task["result"]["vanished"]) == ("succeeded", 0)
    return monitor


def test_the_five_instances_are_hosts_and_the_dark_two_are_in_error(user: User, monitor: int) -> None:
    hosts = user.all("/hosts", monitor_id=monitor)
    words = 'Get "http://{0}/metrics": dial tcp {0}: connect: connection refused'
    assert {host["name"]: host["status_description"] for host in hosts if host["status"] == 2} == {
        name: words.format(name) for name in ("127.0.0.1:1", "127.0.0.1:2")
    }
    assert [host["status"] for host in hosts].count(1) == 3
    second = user.end(user.pull(monitor))["result"]
    assert (second["seen"], second["unchanged"]) == (5, 5)


def test_every_series_of_node_exporter_is_an_item_with_its_value(user: User, monitor: int, prometheus_url: str) -> None:
    [node] = [host for host in user.all("/hosts", monitor_id=monitor) if host["groups"] == ["node"]]
    items = user.all("/items", host_id=node["id"])
    query = f'count({{job="node",instance="{node["name"]}"}})'
    answer = httpx.get(f"{prometheus_url}/api/v1/query", params={"query": query}, trust_env=False).json()
    assert len(items) == int(answer["data"]["result"][0]["value"][1]) > 300
    [total] = [item["value"] for item in items if item["key"] == "node_memory_MemTotal_bytes"]
    page = httpx.get(f"http://{node['name']}/metrics", trust_env=False).text
    [line] = [line for line in page.splitlines() if line.startswith("node_memory_MemTotal_bytes ")]
    assert float(total) == float(line.split()[1])
    assert all(item["value"] is not None for item in items)


def test_what_cannot_be_written_is_refused(user: User, monitor: int) -> None:
    [host, *_] = user.all("/hosts", monitor_id=monitor)
    refusal = user.call("POST", f"/monitors/{monitor}/hosts/{host['id']}/push-async", 409)
    assert "prometheus" in refusal.json()["detail"]


def test_check_tells_the_version(user: User, monitor: int, prometheus_url: str) -> None:
    build = httpx.get(f"{prometheus_url}/api/v1/status/buildinfo", trust_env=False).json()
    check = user.post(f"/monitors/{monitor}/check")
    assert (check["ok"], check["version"]) == (True, build["data"]["version"])
