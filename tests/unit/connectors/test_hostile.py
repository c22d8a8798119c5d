"""Whatever a monitor answers, a connector raises a SourceError or gives records that any database can hold."""

import json
from collections.abc import Callable, Iterator
from itertools import product
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.connectors.alertmanager.connector import AlertmanagerConnector
from app.connectors.base import (
    AlertPage,
    Connector,
    HostEdit,
    HostPage,
    ItemEdit,
    ItemPage,
    ItemRecord,
    MonitorAccess,
    NewHost,
    NewItem,
)
from app.connectors.conformance.mutations import CHANGES, KINDS, Mutator
from app.connectors.conformance.records import TEXT, alert_page_faults, host_page_faults, item_faults, item_page_faults
from app.connectors.grafana.connector import GrafanaConnector
from app.connectors.http import client
from app.connectors.http_json.connector import HttpJsonConnector
from app.connectors.prometheus.connector import PrometheusConnector
from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import SourceError
from app.rules.alerts.prometheus_labels import fingerprint
from tests.unit.connectors.alertmanager.fake_alertmanager import FakeAlertmanager, alert, silence
from tests.unit.connectors.grafana.fake_grafana import FakeGrafana, silenced
from tests.unit.connectors.grafana.fake_grafana import alert as grafana_alert
from tests.unit.connectors.http_json.fake_source import MAPPING, FakeSource
from tests.unit.connectors.prometheus.fake_prometheus import FAMILIES, series, success, target
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, Refusal

ANYTHING = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
mutations = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 400), st.integers(0, len(CHANGES) - 1)), min_size=1, max_size=3
)
Converse = Callable[..., None]
CONFIG = 'global:\n  external_labels:\n    region: 北京\n    quoted: "a\\tb"\nscrape_configs: []\n'
RELABELING = "alerting:\n  alert_relabel_configs: [{action: labeldrop, regex: region}]\n"
ALERT_RULE = {
    "type": "alerting",
    "name": "Down",
    "query": "up == 0",
    "labels": {"severity": "page"},
    "health": "err",
    "lastError": "many-to-many",
    "lastEvaluation": "2026-11-29T02:00:00.123456789Z",
}
SILENCE_ID = "8d49b9ea-0000-4000-8000-000000000000"
ALERTMANAGER: dict[str, Any] = {
    "/api/v2/alerts": [
        {
            "fingerprint": fingerprint({"alertname": "Down", "instance": "a:1", "quoted": "a\tb"}),
            "labels": {"alertname": "Down"},
            "status": {"state": "suppressed", "silencedBy": [SILENCE_ID], "inhibitedBy": ["0123456789abcdef"]},
        }
    ],
    "/api/v2/silences": [
        {
            "id": SILENCE_ID,
            "status": {"state": "active"},
            "createdBy": "小王",
            "comment": "换盘",
            "endsAt": "2026-11-30T00:00:00.000Z",
            "matchers": [{"name": "alertname", "value": "D.*", "isRegex": True, "isEqual": True}],
        }
    ],
}
HOST_EDIT = HostEdit("renamed", "改名", "", False)
ITEM_EDIT = ItemEdit("renamed", "", True, "5m", "B")

READS: dict[str, Callable[[Any], Any]] = {
    "check": lambda connector: connector.check(),
    "hosts": lambda connector: connector.hosts(),
    "some hosts": lambda connector: connector.hosts(["1", "2", "node/10.0.0.1%3A9100", "node/10.0.0.1:9100"]),
    "items": lambda connector: connector.items(["1", "2", "node/10.0.0.1:9100"]),
    "item": lambda connector: connector.item("1", "1000"),
    "series": lambda connector: connector.item("node/10.0.0.1:9100", "up"),
    "alerts": lambda connector: connector.alerts(),
}
WRITES: dict[str, Callable[[Any], Any]] = {
    "acknowledge": lambda connector: connector.acknowledge_alert("7", "看到了"),
    "update host": lambda connector: connector.update_host("1", HOST_EDIT),
    "update item": lambda connector: connector.update_item("1000", ITEM_EDIT),
    "create host": lambda connector: connector.create_host(NewHost(HOST_EDIT, "10.0.0.9", ("新组",))),
    "create item": lambda connector: connector.create_item("1", NewItem(ITEM_EDIT, "new.key", "float")),
}


def zabbix(version: str) -> Callable[[Any], Any]:
    """Return what answers as a Zabbix with two hosts, an item and a problem does."""
    fake = FakeZabbix(version)
    fake.add_host("1", items=1)
    fake.add_host("2")
    fake.add_trigger("5", "1", "1000")
    fake.add_problem("7", "5")

    def tell(request: Any) -> Any:
        told: list[Any] = []
        call = json.loads(request.content)
        headers = {name: request.headers.get(name) for name in ("Authorization", "Content-Type")}
        result = SimpleNamespace(path=request.url.path, headers=headers, json=call, answer=told.append)
        try:
            fake.respond(result)
        except (Refusal, ArithmeticError, LookupError, TypeError, ValueError, AssertionError):
            # What it was told before was no longer what a Zabbix says, so it may be asked what no Zabbix is.
            return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32602, "message": "no", "data": ""}}
        return told[0]

    return tell


def alertmanager() -> Callable[[Any], Any]:
    """Return what answers as an Alertmanager with two alerts and a silence does."""
    other = alert({"alertname": "Down"}, state="suppressed", silencedBy=[SILENCE_ID])
    return FakeAlertmanager([alert(), other], [silence("Down")]).tell


def grafana() -> Callable[[Any], Any]:
    """Return what answers as a Grafana with two alerts, a silence and two rules does."""
    return FakeGrafana([grafana_alert(), silenced()]).tell


def json_source() -> Callable[[Any], Any]:
    """Return what answers as a source with JSON of its own does."""
    fake = FakeSource(hosts=3, items=1, a_page=3)
    return lambda request: fake.tell(request.url.raw_path.decode())


def prometheus(request: Any) -> Any:
    """Response as a Prometheus with two targets and an alert does."""
    histogram = series("latency")
    histogram["histogram"] = [1795485231.779, {"count": "3", "sum": "4.5"}]
    alert = {"labels": {"alertname": "Down", "instance": "a:1"}, "annotations": {"summary": "坏了"}, "state": "firing"}
    if request.url.path in ALERTMANAGER:
        return ALERTMANAGER[request.url.path]
    answers = {
        "/api/v1/status/buildinfo": {"version": "2.42.0"},
        "/api/v1/targets": {"activeTargets": [target(), target("a:1", health="down", lastError="refused")]},
        "/api/v1/metadata": FAMILIES,
        "/api/v1/query": {"resultType": "vector", "result": [series("up"), histogram]},
        "/api/v1/query_range": {"resultType": "matrix", "result": []},
        "/api/v1/alerts": {"alerts": [alert, {**alert, "state": "pending"}]},
        "/api/v1/status/config": {"yaml": CONFIG + RELABELING},
        "/api/v1/rules": {"groups": [{"name": "g", "interval": 15, "rules": [ALERT_RULE, {"type": "recording"}]}]},
        "/api/v1/status/runtimeinfo": {"startTime": "2026-11-29T01:00:00.123456789Z"},
    }
    return success(answers[request.url.path])


@pytest.fixture
def converse(monkeypatch: pytest.MonkeyPatch) -> Converse:
    """Return what does something with a connector whose server answers what `respond` says.

    No bytes travel, which `test_http` is about: so many thousands of answers are tried in seconds.
    """
    current: list[Callable[[httpx.Request], bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=iter([current[0](request)]))

    monkeypatch.setattr(client, "GuardedTransport", lambda *_: httpx.MockTransport(answer))

    def converse(
        kind: type[Connector],
        respond: Callable[[Any], bytes],
        act: Callable[[Any], Any],
        is_true: bool = False,
        access: MonitorAccess | None = None,
    ) -> None:
        current[:] = [respond]
        url, beside = "http://monitor.example", "http://alertmanager.example"
        is_zabbix = kind is ZabbixConnector
        usual = (
            MonitorAccess(f"{url}/zabbix", "Admin", "zabbix")
            if is_zabbix
            else MonitorAccess(url, alertmanager_urls=[beside])
        )
        connector = kind(access or usual)
        try:
            require_valid(act(connector))
        except SourceError as error:
            assert not is_true, error
            assert len(str(error)) < 1000 and str(error).isprintable()
            str(error).encode()
        finally:
            connector.close()

    return converse


def require_valid(told: Any) -> None:
    """Versions and external ids are texts, of which a connector makes messages; all else is records."""
    if isinstance(told, str):
        assert TEXT(told) == ""
    for each in told if isinstance(told, Iterator) else [told]:
        assert [*faults(each)] == []


def faults(told: Any) -> Iterator[str]:
    if isinstance(told, HostPage):
        return host_page_faults(told)
    if isinstance(told, ItemPage):
        return item_page_faults(told)
    if isinstance(told, ItemRecord):
        return item_faults(told)
    return alert_page_faults(told) if isinstance(told, list | AlertPage) else iter(())


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_each_place_of_each_answer_may_hold_anything(converse: Converse, name: str) -> None:
    act = {**READS, **WRITES}[name]
    sources: list[tuple[type[Connector], Callable[[], Any]]] = [(ZabbixConnector, lambda: zabbix("7.0.6"))]
    sources += [(PrometheusConnector, lambda: prometheus)] if name in READS else []
    for kind, make in sources:
        require_any_answer(converse, kind, make, act)


@pytest.mark.parametrize("version", ["5.0.42", "7.0.6"])
@ANYTHING
@given(name=st.sampled_from([*READS, *WRITES]), wanted=mutations)
def test_many_lies_of_a_zabbix(converse: Converse, version: str, name: str, wanted: Any) -> None:
    converse(ZabbixConnector, Mutator(zabbix(version), wanted).respond, {**READS, **WRITES}[name])


SILENCES: dict[str, Callable[[Any], Any]] = {
    name: READS[name] for name in ("check", "hosts", "items", "item", "alerts")
} | {"silence": lambda connector: connector.acknowledge_alert(fingerprint(alert()["labels"]), "看到了")}


@pytest.mark.parametrize("name", [*SILENCES])
def test_each_place_of_an_alertmanagers_answers_may_hold_anything(converse: Converse, name: str) -> None:
    require_any_answer(converse, AlertmanagerConnector, alertmanager, SILENCES[name])


@ANYTHING
@given(name=st.sampled_from([*SILENCES]), wanted=mutations)
def test_many_lies_of_an_alertmanager(converse: Converse, name: str, wanted: Any) -> None:
    converse(AlertmanagerConnector, Mutator(alertmanager(), wanted).respond, SILENCES[name])


@pytest.mark.parametrize("name", ["check", "hosts", "items", "item", "alerts"])
def test_each_place_of_a_grafanas_answers_may_hold_anything(converse: Converse, name: str) -> None:
    require_any_answer(converse, GrafanaConnector, grafana, READS[name])


@ANYTHING
@given(name=st.sampled_from(["check", "alerts"]), wanted=mutations)
def test_many_lies_of_a_grafana(converse: Converse, name: str, wanted: Any) -> None:
    converse(GrafanaConnector, Mutator(grafana(), wanted).respond, READS[name])


MAPPED: dict[str, Callable[[Any], Any]] = {name: READS[name] for name in ("check", "hosts", "alerts")} | {
    "some hosts": lambda connector: connector.hosts(["d-0", "d-2"]),
    "items": lambda connector: connector.items(["d-0", "d-1", "d-2"]),
    "item": lambda connector: connector.item("d-0", "0"),
}
JSON_SOURCE = MonitorAccess("http://monitor.example", mapping=MAPPING)


@pytest.mark.parametrize("name", [*MAPPED])
def test_each_place_of_a_json_sources_answers_may_hold_anything(converse: Converse, name: str) -> None:
    require_any_answer(converse, HttpJsonConnector, json_source, MAPPED[name], JSON_SOURCE)


@ANYTHING
@given(name=st.sampled_from([*MAPPED]), wanted=mutations)
def test_many_lies_of_a_json_source(converse: Converse, name: str, wanted: Any) -> None:
    converse(HttpJsonConnector, Mutator(json_source(), wanted).respond, MAPPED[name], access=JSON_SOURCE)


def require_any_answer(
    converse: Converse,
    kind: type[Connector],
    make: Callable[[], Any],
    act: Callable[[Any], Any],
    access: MonitorAccess | None = None,
) -> None:
    """Require valid records or a SourceError, whatever one place of one answer holds."""
    true = Mutator(make())
    converse(kind, true.respond, act, is_true=True, access=access)
    for number, places in enumerate(true.places):
        for place, change in product(range(places), KINDS):
            converse(kind, Mutator(make(), [(number, place, change)]).respond, act, access=access)


@ANYTHING
@given(name=st.sampled_from([*READS]), wanted=mutations)
def test_many_lies_of_a_prometheus(converse: Converse, name: str, wanted: Any) -> None:
    converse(PrometheusConnector, Mutator(prometheus, wanted).respond, READS[name])


@pytest.mark.parametrize(
    "text", [r'"\Uffffffff"', r'"\ud800"', r'"\0"', "*none", "!!python/object:os.system x", "[" * 5000, "a" * 100_000]
)
def test_a_configuration_may_hold_anything(converse: Converse, text: str) -> None:
    def respond(request: httpx.Request) -> bytes:
        config = success({"yaml": f"global:\n  external_labels:\n    a: {text}\n"})
        return json.dumps(config if request.url.path.endswith("/config") else prometheus(request)).encode()

    converse(PrometheusConnector, respond, READS["alerts"])


def test_a_version_of_thousands_of_digits_is_none(converse: Converse) -> None:
    def respond(request: httpx.Request) -> bytes:
        return json.dumps({"id": json.loads(request.content)["id"], "result": "6." + "0" * 5000}).encode()

    converse(ZabbixConnector, respond, READS["check"])
