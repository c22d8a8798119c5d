"""The figures as the real Prometheus and its promtool read them, with our dashboard and our alert rules."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from tests.acceptance.fixtures import _tidy, database_url, stack, user, worker
from tests.acceptance.programs import ROOT, Program
from tests.acceptance.stack import Stack
from tests.acceptance.user import User
from tests.cli.instance import free_port
from tests.cli.processes import wait_for
from tests.real.debian import install

__all__ = ["_tidy", "database_url", "stack", "user", "worker"]

pytestmark = pytest.mark.real

RULES = ROOT / "deploy/prometheus/nagare.rules.yml"
DASHBOARD = ROOT / "deploy/grafana/nagare.json"
NAME = re.compile(r"\b(?:nagare_[a-z_]+|up)\b")
NEVER_IN_A_CALM_FLEET = {"nagare_connector_errors_total"}
"""What has no series before the first failure."""


@pytest.fixture(scope="module")
def prometheus(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a Prometheus that scrapes this API each second and has our rules."""
    install("prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    target = f"127.0.0.1:{stack.port}"
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "nagare", "static_configs": [{"targets": [target]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    program = Program("prometheus", [*command, f"--web.listen-address={address}"], folder, {"PATH": "/usr/bin:/bin"})

    def is_ready() -> bool:
        assert program.process.poll() is None, program.printed
        try:
            return httpx.get(f"http://{address}/-/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False

    try:
        wait_for(is_ready, "Prometheus to be ready")
        yield f"http://{address}"
    finally:
        program.kill()


def ask(prometheus: str, path: str, **params: str) -> Any:
    answer = httpx.get(f"{prometheus}/api/v1/{path}", params=params, trust_env=False, timeout=10).json()
    assert answer["status"] == "success", answer
    return answer["data"]


def value(prometheus: str, query: str) -> float | None:
    result = ask(prometheus, "query", query=query)["result"]
    return float(result[0]["value"][1]) if result else None


def scrape(stack: Stack) -> str:
    return httpx.get(f"http://127.0.0.1:{stack.port}/metrics", trust_env=False).text


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries(dashboard: dict[str, Any]) -> list[str]:
    """Every query of the dashboard, with its variables filled in as Grafana does it."""
    filled = {"$__rate_interval": "30s", "$job": ".*", "$type": ".*"}
    found = [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
    for name, text in filled.items():
        found = [query.replace(name, text) for query in found]
    return found


def test_promtool_is_content_with_the_metrics_and_the_rules(stack: Stack, user: User, worker: Program) -> None:
    install("prometheus")
    user.end(user.pull(user.add_monitor("simulator://demo?hosts=2")))
    checked = subprocess.run(["promtool", "check", "metrics"], input=scrape(stack), capture_output=True, text=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    rules = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True)
    assert rules.returncode == 0, rules.stderr


def test_what_workers_did_reaches_prometheus_whichever_process_is_scraped(
    stack: Stack, user: User, worker: Program, prometheus: str
) -> None:
    def ended(state: str) -> float:
        return value(prometheus, f'nagare_tasks_total{{type="pull_hosts",state="{state}"}}') or 0

    wait_for(lambda: value(prometheus, "up") == 1, "the first scrape")
    before = ended("succeeded"), ended("dead")
    monitor, away = user.add_monitor("simulator://demo?hosts=2"), user.add_monitor("http://127.0.0.1:9", "prometheus")
    ids = [user.pull(monitor) for _ in range(7)] + [user.pull(away)]
    assert [user.end(task_id)["state"] for task_id in ids] == ["succeeded"] * 7 + ["dead"]
    wait_for(lambda: (ended("succeeded"), ended("dead")) == (before[0] + 7, before[1] + 1), "the counters")
    stack.start_worker()
    ids = [user.pull(monitor) for _ in range(8)]
    assert {user.end(task_id)["state"] for task_id in ids} == {"succeeded"}
    wait_for(lambda: ended("succeeded") == before[0] + 15, "the counters of both workers")
    assert value(prometheus, "sum(resets(nagare_tasks_total[1h]))") == 0, "the API's processes tell the same"
    errors = f'nagare_connector_errors_total{{monitor_id="{away}",reason="source_unreachable"}}'
    assert value(prometheus, errors) == 4
    assert value(prometheus, 'nagare_task_retries_total{type="pull_hosts"}') == 3
    # SQLite gives a deleted monitor's id to the next one.
    assert (value(prometheus, f'nagare_connector_duration_seconds_count{{monitor_id="{monitor}"}}') or 0) >= 15
    assert value(prometheus, "sum(nagare_worker_slots)") == 8


def test_counters_go_on_after_a_restart_of_everything_but_redis(
    stack: Stack, user: User, prometheus: str, worker: Program
) -> None:
    wait_for(lambda: value(prometheus, "nagare_workers") is not None, "the first scrape")
    other = stack.start_worker()
    monitor = user.add_monitor("simulator://demo?hosts=1")
    user.end(user.pull(monitor, "items"))
    query = 'nagare_tasks_total{type="pull_items",state="succeeded"}'
    wait_for(lambda: value(prometheus, query), "the counter")
    before = value(prometheus, query) or 0
    other.stop()
    stack.start_worker()
    user.end(user.pull(monitor, "items"))
    wait_for(lambda: value(prometheus, query) == before + 1, "the counter to go on")


def test_every_query_of_dashboard_and_rules_is_of_metrics_that_there_are(
    stack: Stack, user: User, worker: Program, prometheus: str
) -> None:
    user.end(user.pull(user.add_monitor("simulator://demo?hosts=2")))
    wait_for(lambda: value(prometheus, "nagare_task_duration_seconds_count"), "a scrape")
    there = {name for name in ask(prometheus, "label/__name__/values") if NAME.fullmatch(name)}
    dashboard = json.loads(DASHBOARD.read_text())
    rules = [rule["expr"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    for query in [*queries(dashboard), *rules]:
        used = {*NAME.findall(query)}
        assert used and used <= there | NEVER_IN_A_CALM_FLEET, query
        result = ask(prometheus, "query", query=query)["result"]
        if query not in rules and not used & NEVER_IN_A_CALM_FLEET:
            assert result or "rate(" in query, f"no series: {query}"
    for variable in dashboard["templating"]["list"][1:]:
        [name, label] = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()  # type: ignore[union-attr]
        assert ask(prometheus, f"label/{label}/values", **{"match[]": name})


def test_the_rules_are_loaded_and_one_fires(stack: Stack, user: User, worker: Program, prometheus: str) -> None:
    user.end(user.pull(user.add_monitor("http://127.0.0.1:9", "prometheus")))

    def fires() -> bool:
        alerts = ask(prometheus, "alerts")["alerts"]
        return any(alert["labels"]["alertname"] == "NagareDeadLettersRise" for alert in alerts)

    wait_for(fires, "the alert that dead letters rise")
    states = [rule for group in ask(prometheus, "rules")["groups"] for rule in group["rules"]]
    assert {rule["health"] for rule in states} == {"ok"}


def test_the_panels_say_what_they_show() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    assert dashboard["templating"]["list"][0]["type"] == "datasource"
    for panel in panels(dashboard):
        assert panel["title"] and panel["description"] and panel["fieldConfig"]["defaults"]["unit"], panel["id"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert len({*places}) == len(places)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)
