"""The built-in connectors pass the conformance test; that of time-outs runs against the real systems."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from app.connectors.base import MonitorAccess
from app.connectors.conformance.failures import SLOW_CHECKS
from app.connectors.conformance.results import Outcome
from app.connectors.conformance.run import CHECKS, name_of, run
from tests.unit.connectors.alertmanager.fake_alertmanager import FakeAlertmanager, alert, silence
from tests.unit.connectors.grafana.fake_grafana import FakeGrafana, silenced
from tests.unit.connectors.grafana.fake_grafana import alert as grafana_alert
from tests.unit.connectors.http_json.fake_source import MAPPING, FakeSource
from tests.unit.connectors.icinga2.fake_icinga import fleet as icinga_fleet
from tests.unit.connectors.nagios.fake_nagios import FakeNagios
from tests.unit.connectors.netdata.fake_netdata import FakeNetdata
from tests.unit.connectors.test_hostile import prometheus
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix

LIMIT_S = 30
QUICK = [name_of(check) for check in CHECKS if check not in SLOW_CHECKS]
EXPENSIVE = ("oversized-responses", "mutated-responses")
"""`test_oversized_responses` and `test_hostile` test more of this on the built-in connectors."""
Serve = Callable[[Callable[[Any], None]], str]


def reasons(type: str, access: MonitorAccess, except_for: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return the checks and their reasons by outcome."""
    wanted = [check for check in QUICK if check not in except_for]
    found: dict[str, list[str]] = {outcome: [] for outcome in Outcome}
    for result in run(type, access, LIMIT_S, wanted):
        found[result.outcome].append(f"{result.check}: {result.reason}")
    return found


def fill(zabbix: FakeZabbix) -> FakeZabbix:
    for number in range(1, 31):
        zabbix.add_host(str(number), items=3)
    zabbix.add_trigger("5", "1", "1000")
    zabbix.add_problem("7", "5")
    return zabbix


def test_zabbix(serve: Serve) -> None:
    url = serve(fill(FakeZabbix("7.0.6")).respond)
    found = reasons("zabbix", MonitorAccess(f"{url}/zabbix", "Admin", "zabbix"), EXPENSIVE)
    assert found[Outcome.FAILED] == []
    assert [each.partition(":")[0] for each in found[Outcome.NOT_RUN]] == ["read-only"]


def test_prometheus(serve: Serve) -> None:
    def respond(request: Any) -> None:
        request.answer(prometheus(SimpleNamespace(url=urlsplit(request.path))))

    found = reasons("prometheus", MonitorAccess(serve(respond)), EXPENSIVE)
    assert found[Outcome.FAILED] == []
    assert [each.partition(":")[0] for each in found[Outcome.NOT_RUN]] == ["wrong-credentials"]


def test_icinga2(serve: Serve) -> None:
    fake = icinga_fleet(30, 2)
    found = reasons("icinga2", MonitorAccess(serve(fake.respond), "root", "icinga"), EXPENSIVE)
    assert found[Outcome.FAILED] == []
    assert [each.partition(":")[0] for each in found[Outcome.NOT_RUN]] == ["read-only"]


def test_netdata(serve: Serve) -> None:
    fake = FakeNetdata(nodes=5)
    fake.add_alarm(1)
    found = reasons("netdata", MonitorAccess(serve(fake.respond)), EXPENSIVE)
    assert found[Outcome.FAILED] == []


def test_nagios(serve: Serve) -> None:
    fake = FakeNagios()
    for number in range(15):
        fake.add_host(f"web-{number}")
        fake.add_service(f"web-{number}", "Load", 16 if number == 3 else 2, perf_data="load1=1.5;5;10")
    found = reasons("nagios", MonitorAccess(f"{serve(fake.respond)}/nagios4/cgi-bin"), EXPENSIVE)
    assert found[Outcome.FAILED] == []


def test_http_json(serve: Serve) -> None:
    url = serve(FakeSource(hosts=12, a_page=5).respond)
    found = reasons("http_json", MonitorAccess(url, mapping=MAPPING), EXPENSIVE)
    assert found[Outcome.FAILED] == []


def test_alertmanager(serve: Serve) -> None:
    url = serve(FakeAlertmanager([alert(), alert({"alertname": "Down"})], [silence()]).respond)
    found = reasons("alertmanager", MonitorAccess(url), EXPENSIVE)
    assert found[Outcome.FAILED] == []
    not_run = [each.partition(":")[0] for each in found[Outcome.NOT_RUN]]
    assert not_run == ["wrong-credentials", "unicode-names", "long-names"]


def test_grafana(serve: Serve) -> None:
    fake = FakeGrafana([grafana_alert(), silenced()])
    fake.token = "glsa_t0ken"
    found = reasons("grafana", MonitorAccess(serve(fake.respond), api_token="glsa_t0ken"), EXPENSIVE)
    assert found[Outcome.FAILED] == []
    assert [each.partition(":")[0] for each in found[Outcome.NOT_RUN]] == ["unicode-names", "long-names"]


def test_the_simulator_which_is_not_reached_by_http() -> None:
    found = reasons("simulator", MonitorAccess("simulator://demo?hosts=1200&items=3&alerts=0.5"))
    assert found[Outcome.FAILED] == []
    assert len(found[Outcome.OK]) == 13
