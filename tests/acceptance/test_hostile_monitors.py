"""Monitors that answer anything: each task ends with a reason, nothing is half written, the worker goes on."""

from collections.abc import Callable, Mapping
from typing import Any

from app.connectors.conformance.oversized_responses import OVERSIZED
from tests.acceptance.programs import Program
from tests.acceptance.user import User
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix

Serve = Callable[[Callable[[Any], None]], str]

METADATA = {"Location": "http://169.254.169.254/latest/meta-data/"}
NAMED = {"error": "x" * 100_000, "status": "error", "errorType": {"a": []}}
BEHAVIOURS: Mapping[str, tuple[str, int, Callable[[Any], None]]] = {
    "garbage": ("source_garbled", 1, lambda request: request.answer(b"\0\xff<html>")),
    "deep": ("source_garbled", 1, lambda request: request.answer(b"[" * 100_000)),
    "a gigabyte": ("source_garbled", 1, OVERSIZED["a gigabyte"]),
    "empty objects": ("source_garbled", 1, OVERSIZED["empty objects"]),
    "a list": ("source_garbled", 1, lambda request: request.answer([1, None, {"result": []}])),
    "a long error": ("source_rejected", 1, lambda request: request.answer(NAMED, 400)),
    "refusal": ("source_refused_login", 1, lambda request: request.answer({"message": "\x1b[2J"}, 403)),
    "metadata": ("source_forbidden", 1, lambda request: request.answer(b"", 307, METADATA)),
    "a circle": ("source_garbled", 1, lambda request: request.answer(b"", 308, {"Location": request.path})),
    "reset": ("source_unreachable", 4, lambda request: request.reset()),
    "cut short": (
        "source_unreachable",
        4,
        lambda request: request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
    ),
    "not HTTP": ("source_unreachable", 4, lambda request: request.send(b"SSH-2.0-x\r\n")),
    "overload": ("source_failing", 4, lambda request: request.answer(b"", 503)),
}


def test_what_hostile_monitors_do_is_told_and_harms_nothing(user: User, worker: Program, serve: Serve) -> None:
    expected = {}
    for name, (reason, attempts, respond) in BEHAVIOURS.items():
        url = serve(respond)
        zabbix = user.add_monitor(url, "zabbix", username="Admin", password="zabbix")
        prometheus = user.add_monitor(url, "prometheus")
        for monitor, what in ((zabbix, "hosts"), (zabbix, "alerts"), (prometheus, "items"), (prometheus, "alerts")):
            expected[user.pull(monitor, what)] = (name, "dead", reason, attempts)
        check = user.post(f"/monitors/{zabbix}/check")
        assert not check["ok"] and len(check["error"]) < 1000
    found = {}
    for task_id, (name, *_) in expected.items():
        task = user.end(task_id, timeout_s=120)
        found[task_id] = (name, task["state"], task["reason"], task["attempts"])
        assert 10 < len(task["error"]) < 1000
    assert found == expected
    assert user.all("/hosts") == user.all("/items") == user.all("/alerts") == []

    assert user.end(user.pull(user.add_monitor("simulator://demo?hosts=3&items=2"), "items"))["state"] == "succeeded"
    assert worker.process.poll() is None


def known(user: User) -> list[list[dict[str, Any]]]:
    """Return hosts, items and alerts, without what only the clock changes."""
    lists = [user.all(path) for path in ("/hosts", "/items", "/alerts")]
    return [[{name: value for name, value in row.items() if name != "duration_s"} for row in rows] for rows in lists]


def test_a_monitor_that_turns_hostile_changes_nothing_here(user: User, worker: Program, serve: Serve) -> None:
    zabbix = FakeZabbix("7.0.6")
    zabbix.add_host("1", items=3)
    zabbix.add_trigger("5", "1", "1000")
    zabbix.add_problem("7", "5")
    monitor = user.add_monitor(f"{serve(zabbix.respond)}/zabbix", "zabbix", username="Admin", password="zabbix")
    assert [user.end(user.pull(monitor, what))["state"] for what in ("items", "alerts")] == ["succeeded"] * 2
    host, item = user.all("/hosts")[0], user.all("/items")[0]
    user.call("PATCH", f"/items/{item['id']}", 200, {"name": "renamed here"})
    before = known(user)

    for method in ("host.get", "item.get", "problem.get", "trigger.get"):
        zabbix.say[method] = lambda params: [{"hostid": "1" * 5000, "itemid": None, "eventid": "7", "items": "2"}] * 3
    place = f"/monitors/{monitor}/hosts/{host['id']}"
    paths = [f"{place}/pull-async", f"{place}/push-async", f"{place}/items/{item['id']}/pull-async"]
    paths += [f"{place}/items/{item['id']}/push-async", f"{place}/items/pull-async"]
    paths += [f"/monitors/{monitor}/{what}/pull-async" for what in ("hosts", "items", "alerts")]
    ended = {path: user.end(user.submit(path)) for path in paths}
    assert {path: (task["reason"], task["attempts"]) for path, task in ended.items()} == dict.fromkeys(
        paths, ("source_garbled", 1)
    )
    assert [task["error"] for task in ended.values() if "row whose '" not in task["error"]] == []
    assert known(user) == before
