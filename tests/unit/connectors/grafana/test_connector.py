"""What a Grafana reports: the alerts that its webhook would bring, and what its rules could not decide."""

import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from app.connectors.base import AlertPage, Completeness, MonitorAccess
from app.connectors.grafana.connector import MAX_UNDECIDED, GrafanaConnector
from app.enums import QuietKind
from app.errors import Invalid, SourceGarbled, SourceReadOnly, SourceRefusedLogin, SourceRejected
from app.rules.alerts.alert_reports import Quiet
from app.rules.webhooks.parse import try_to_parse
from tests.unit.connectors.alertmanager.fake_alertmanager import SILENCE_ID
from tests.unit.connectors.grafana.fake_grafana import (
    ALERTMANAGER,
    LABELS,
    RULES,
    FakeGrafana,
    alert,
    posted,
    rule,
    silenced,
)

Opened = Callable[..., GrafanaConnector]


@pytest.fixture
def opened(serve: Callable[[Callable[[Any], None]], str]) -> Iterator[Opened]:
    made: list[GrafanaConnector] = []

    def open_one(fake: FakeGrafana, **access: Any) -> GrafanaConnector:
        made.append(GrafanaConnector(MonitorAccess(serve(fake.respond), **access)))
        return made[-1]

    yield open_one
    for connector in made:
        connector.close()


def pull(connector: GrafanaConnector) -> AlertPage:
    [page] = connector.alerts()
    return page


@pytest.mark.parametrize(
    "pulled",
    [
        alert(),
        alert({"alertname": "DatasourceError", "rulename": "High CPU", "severity": "page"}, {"Error": "no route"}),
        alert({"alertname": "DatasourceNoData", "rulename": "High CPU"}),
    ],
)
def test_an_alert_is_the_one_that_the_webhook_brings(pulled: dict[str, Any], opened: Opened) -> None:
    [report] = pull(opened(FakeGrafana([pulled]))).records
    [told] = try_to_parse(posted(pulled), None).reports
    for field in fields(report):
        if field.name not in ("raw", "quiet", "is_quiet_known"):
            assert getattr(report, field.name) == getattr(told, field.name), field.name
    assert (report.source, report.external_id) == ("grafana", pulled["fingerprint"])
    assert (report.raw, report.quiet, report.is_quiet_known) == (pulled, None, True)
    assert report.source_url == "http://grafana:3000/sub/d/abc?orgId=1&viewPanel=4"


def test_it_is_told_in_grafanas_words(opened: Opened) -> None:
    error = alert({"alertname": "DatasourceError", "rulename": "High CPU"}, {"Error": "no route"})
    [first, second] = pull(opened(FakeGrafana([alert(), error]))).records
    assert (first.message, first.source_severity, first.value) == ("CPU 使用率过高", "page", "B=95.5, C=1")
    assert first.started_at == datetime(2026, 11, 29, 1, tzinfo=UTC)
    assert not any(name.startswith("__") for name in [*first.labels, *first.annotations])
    assert second.message == "DatasourceError: High CPU: no route"


@pytest.mark.parametrize("values", ["", "{", "[1]", '{"B":1e999}', "[" * 100_000, "9" * 5000])
def test_values_that_are_none_give_way_to_their_text(values: str, opened: Opened) -> None:
    [report] = pull(opened(FakeGrafana([alert(annotations={"__values__": values})]))).records
    assert report.value == "[ var='B' labels={instance=web-01:9100} value=95.5 ]"


def test_a_silence_comes_with_its_author_and_end(opened: Opened) -> None:
    [report] = pull(opened(FakeGrafana([silenced()]))).records
    assert report.quiet == Quiet(QuietKind.SILENCE, SILENCE_ID, "小王", "换盘", datetime(2099, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("rules", "undecided"),
    [
        ([rule(), rule("Load")], []),
        ([rule(health="error", state="inactive"), rule("Load", health="nodata")], ["High CPU", "Load"]),
        ([rule("Load", lastEvaluation="0001-01-01T00:00:00Z")], ["Load"]),
        ([rule("Load", state="firing"), rule(state="firing")], ["Load"]),
        ([rule("sum", type="recording", health="error")], []),
    ],
)
def test_rules_that_could_not_be_evaluated_leave_their_alerts_open(
    rules: list[dict[str, Any]], undecided: list[str], opened: Opened
) -> None:
    page = pull(opened(FakeGrafana([alert()], rules)))
    assert (page.completeness, list(page.missing), list(page.undecided_names)) == ("complete", [], undecided)


def test_the_alert_of_a_failed_rule_is_that_of_the_rule(opened: Opened) -> None:
    error = alert({"alertname": "DatasourceError", "rulename": "High CPU"})
    assert pull(opened(FakeGrafana([error], [rule(state="firing")]))).undecided_names == []


def test_too_many_undecided_names_make_the_pull_partial(opened: Opened) -> None:
    rules = [rule(f"r{number}", health="error") for number in range(MAX_UNDECIDED + 1)]
    page = pull(opened(FakeGrafana([], rules)))
    assert (page.completeness, len(page.missing), page.undecided_names) == (Completeness.PARTIAL, 1, ())


@pytest.mark.parametrize(
    ("status", "completeness"),
    [(403, Completeness.DOUBTFUL), (404, Completeness.DOUBTFUL), (500, Completeness.PARTIAL)],
)
def test_without_the_rules_the_pull_says_less(status: int, completeness: Completeness, opened: Opened) -> None:
    fake = FakeGrafana([alert()])
    fake.statuses = {RULES: status}
    page = pull(opened(fake))
    assert (len(page.records), page.completeness) == (1, completeness)
    assert f"HTTP {status}" in page.missing[0]


def test_rules_of_another_shape_make_the_pull_doubtful(opened: Opened) -> None:
    page = pull(opened(FakeGrafana([], [{"name": 5}])))
    assert (page.completeness, len(page.missing)) == (Completeness.DOUBTFUL, 1)


def test_the_token_and_the_organization_are_sent(opened: Opened) -> None:
    fake = FakeGrafana([alert()])
    fake.token = "glsa_t0ken"
    connector = opened(fake, api_token="glsa_t0ken", headers={"X-Grafana-Org-Id": "7"})
    assert (connector.check(), len(pull(connector).records)) == ("11.2.0", 1)
    assert {headers.get("X-Grafana-Org-Id") for _, headers in fake.asked} == {"7"}


@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_refused_token_is_told_with_the_role_that_is_needed(token: str | None, opened: Opened) -> None:
    fake = FakeGrafana([])
    fake.token = "glsa_t0ken"
    with pytest.raises(SourceRefusedLogin, match=r"HTTP 401: .*service account.*Viewer.*alert\.instances:read"):
        opened(fake, api_token=token).check()


def test_a_grafana_without_this_alerting_is_told(opened: Opened) -> None:
    fake = FakeGrafana([])
    fake.statuses = {f"{ALERTMANAGER}/alerts": 404}
    for act in (GrafanaConnector.check, pull):
        with pytest.raises(SourceRejected, match="Grafana before 9"):
            act(opened(fake))


@pytest.mark.parametrize(
    ("health", "version"), [({}, "unknown"), ({"version": ""}, "unknown"), ({"version": "9"}, "9")]
)
def test_the_version_may_be_hidden(health: dict[str, Any], version: str, opened: Opened) -> None:
    fake = FakeGrafana([])
    fake.health = {"database": "ok", **health}
    assert opened(fake).check() == version
    fake.health = health
    with pytest.raises(SourceGarbled, match="not what Grafana answers"):
        opened(fake).check()


def test_it_has_no_hosts_and_takes_no_acknowledgements(opened: Opened) -> None:
    connector = opened(FakeGrafana([alert()]))
    assert (list(connector.hosts()), connector.item("a", "b")) == ([], None)
    with pytest.raises(SourceReadOnly):
        connector.acknowledge_alert("x", "")


@pytest.mark.parametrize("change", [{"labels": None}, {"labels": {"a": 5}}, {"fingerprint": ""}, {"annotations": [1]}])
def test_an_alert_of_another_shape_is_garbled(change: dict[str, Any], opened: Opened) -> None:
    with pytest.raises(SourceGarbled):
        pull(opened(FakeGrafana([{**alert(), **change}])))


def test_10_000_alerts_come_in_pages_with_bounded_memory(opened: Opened) -> None:
    fake = FakeGrafana([alert({**LABELS, "instance": f"n{number}"}) for number in range(10_000)])
    tracemalloc.start()
    pages = list(opened(fake).alerts())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [len(page.records) for page in pages] == [500] * 20
    assert peak < 300 * 2**20


@pytest.mark.parametrize("url", ["", "ftp://grafana", "http://u:p@grafana", "http://grafana/?x=1"])
def test_a_wrong_address_is_named(url: str) -> None:
    with pytest.raises(Invalid) as invalid:
        GrafanaConnector(MonitorAccess(url))
    assert invalid.value.field == "url"
