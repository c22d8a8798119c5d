"""What an Alertmanager on its own reports, and how an acknowledgement silences an alert there for some hours."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import clock
from app.connectors.alertmanager.connector import SILENCED_FOR, AlertmanagerConnector
from app.connectors.base import AlertPage, Completeness, MonitorAccess
from app.enums import QuietKind
from app.errors import Invalid, SourceGarbled, SourceReadOnly, SourceUnreachable
from app.rules.alerts.alert_reports import Quiet
from app.rules.alerts.prometheus_labels import fingerprint
from app.rules.webhooks.parse import try_to_parse
from tests.unit.connectors.alertmanager.fake_alertmanager import LABELS, SILENCE_ID, FakeAlertmanager, alert, silence

Serve = Callable[[Callable[[Any], None]], str]
DOWN = "http://127.0.0.1:1"


@pytest.fixture
def opened(serve: Serve) -> Iterator[Callable[..., AlertmanagerConnector]]:
    made: list[AlertmanagerConnector] = []

    def open_one(*fakes: FakeAlertmanager | str, **access: Any) -> AlertmanagerConnector:
        first, *peers = (fake if isinstance(fake, str) else serve(fake.respond) for fake in fakes)
        made.append(AlertmanagerConnector(MonitorAccess(first, alertmanager_urls=peers, **access)))
        return made[-1]

    yield open_one
    for connector in made:
        connector.close()


Opened = Callable[..., AlertmanagerConnector]


def pull(connector: AlertmanagerConnector) -> AlertPage:
    [page] = connector.alerts()
    return page


def test_an_alert_is_the_one_that_the_webhook_brings(opened: Opened) -> None:
    [pulled] = pull(opened(FakeAlertmanager([alert()]))).records
    posted = {**alert(), "status": "firing"}
    [report] = try_to_parse({"version": "4", "status": "firing", "alerts": [posted]}, None).reports
    told = (pulled.source, pulled.external_id, pulled.message, pulled.source_severity, pulled.host_name)
    assert told == ("prometheus", fingerprint(LABELS), "磁盘满了", "page", "db1:9100")
    for name in ("source", "external_id", "message", "description", "labels", "annotations", "source_severity"):
        assert getattr(pulled, name) == getattr(report, name), name
    for name in ("started_at", "source_url", "host_external_id", "host_name", "is_firing"):
        assert getattr(pulled, name) == getattr(report, name), name
    assert (pulled.raw, pulled.ended_at, pulled.quiet) == (alert(), None, None)


@pytest.mark.parametrize(
    ("status", "quiet"),
    [
        (
            {"state": "suppressed", "silencedBy": [SILENCE_ID]},
            Quiet(QuietKind.SILENCE, SILENCE_ID, "小王", "换盘", datetime(2099, 1, 1, tzinfo=UTC)),
        ),
        (
            {"state": "suppressed", "inhibitedBy": ["0123456789abcdef"]},
            Quiet(QuietKind.INHIBITION, "0123456789abcdef"),
        ),
        (
            {"state": "suppressed", "mutedBy": ["nights"]},
            Quiet(QuietKind.SILENCE, "nights", comment="Muted by the time interval nights"),
        ),
    ],
)
def test_what_keeps_it_quiet_comes_with_it(status: dict[str, Any], quiet: Quiet, opened: Opened) -> None:
    [report] = pull(opened(FakeAlertmanager([alert(**status)], [silence()]))).records
    assert (report.quiet, report.is_quiet_known) == (quiet, True)


def test_it_has_no_hosts_and_items(opened: Opened) -> None:
    connector = opened(FakeAlertmanager([alert()]))
    assert (connector.check(), list(connector.hosts()), connector.item("a", "b")) == ("0.25.0", [], None)
    assert [page.host_external_ids for page in connector.items(["a", "b", "a"])] == [["a", "b"]]
    with pytest.raises(SourceReadOnly):
        connector.create_host(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("uptime", "completeness"),
    [
        (timedelta(days=1), Completeness.COMPLETE),
        (timedelta(minutes=4), Completeness.PARTIAL),
        (timedelta(minutes=-4), Completeness.PARTIAL),
        (None, Completeness.DOUBTFUL),
    ],
)
def test_one_that_has_just_started_ends_no_alert(
    uptime: timedelta | None, completeness: Completeness, opened: Opened
) -> None:
    fake = FakeAlertmanager([])
    fake.uptime = None if uptime is None else (clock.now() - uptime).isoformat()
    pages = list(opened(fake).alerts())
    assert [page.completeness for page in pages] == ([] if completeness is Completeness.COMPLETE else [completeness])
    assert all(len(page.missing) == 1 and page.missing[0].startswith("Alertmanager") for page in pages)


def test_a_restart_during_the_pull_is_noticed(opened: Opened) -> None:
    fake = FakeAlertmanager([alert()])
    connector = opened(fake)
    connector.check()
    fake.uptime = clock.now().isoformat()
    assert pull(connector).completeness is Completeness.PARTIAL


def test_a_peer_speaks_for_one_that_is_down_or_new(opened: Opened) -> None:
    old, new = FakeAlertmanager([alert()]), FakeAlertmanager([])
    new.uptime = clock.now().isoformat()
    for fakes in ((DOWN, old), (new, old), (old, new)):
        page = pull(opened(*fakes))
        assert (len(page.records), page.completeness, list(page.missing)) == (1, Completeness.COMPLETE, [])
    assert pull(opened(DOWN, new)).completeness is Completeness.PARTIAL
    with pytest.raises(SourceUnreachable):
        opened(DOWN, DOWN).check()


def test_a_peer_elsewhere_gets_no_credentials(opened: Opened) -> None:
    peer = FakeAlertmanager([])
    opened(DOWN, peer, api_token="t0ken").check()
    assert {header for _, header in peer.asked} == {None}
    own = FakeAlertmanager([])
    opened(own, api_token="t0ken").check()
    assert {header for _, header in own.asked} == {"Bearer t0ken"}


def test_an_acknowledgement_silences_this_alert_alone_for_some_hours(opened: Opened) -> None:
    fake = FakeAlertmanager([alert(), alert({**LABELS, "instance": "db2:9100"})])
    before = clock.now()
    opened(fake).acknowledge_alert(fingerprint(LABELS), "小李: 在看")
    [posted] = fake.posted
    assert {each["name"]: each["value"] for each in posted["matchers"]} == LABELS
    assert all(each["isEqual"] and not each["isRegex"] for each in posted["matchers"])
    assert (posted["createdBy"], posted["comment"]) == ("nagare", "Acknowledged in nagare: 小李: 在看")
    starts, ends = (datetime.fromisoformat(posted[name]) for name in ("startsAt", "endsAt"))
    assert ends - starts == SILENCED_FOR == timedelta(hours=4)
    assert before <= starts <= clock.now()


def test_a_repeated_acknowledgement_makes_no_second_silence(opened: Opened) -> None:
    fake = FakeAlertmanager([alert()])
    connector = opened(fake)
    for each in (connector, connector, opened(fake)):
        each.acknowledge_alert(fingerprint(LABELS), "")
    assert len(fake.posted) == 1


def test_what_is_silenced_or_over_gets_no_silence(opened: Opened) -> None:
    fake = FakeAlertmanager([alert()], [silence()])
    opened(fake).acknowledge_alert(fingerprint(LABELS), "")
    opened(fake).acknowledge_alert("0000000000000000", "")
    assert fake.posted == []
    fake.silences = [silence(state="expired"), silence("Other")]
    opened(fake).acknowledge_alert(fingerprint(LABELS), "")
    assert len(fake.posted) == 1


@pytest.mark.parametrize("answer", [{}, [], None, {"silenceID": 5}])
def test_a_silence_without_an_id_is_none(answer: Any, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeAlertmanager([alert()])
    monkeypatch.setattr(fake, "take", lambda _: answer)
    with pytest.raises(SourceGarbled):
        opened(fake).acknowledge_alert(fingerprint(LABELS), "")


@pytest.mark.parametrize("labels", [{}, {"a": ""}, {"a": 5}, None, "text"])
def test_an_alert_without_labels_is_garbled(labels: Any, opened: Opened) -> None:
    with pytest.raises(SourceGarbled, match="labels"):
        list(opened(FakeAlertmanager([{**alert(), "labels": labels}])).alerts())


def test_10_000_alerts_come_in_pages_with_bounded_memory(opened: Opened) -> None:
    fake = FakeAlertmanager([alert({**LABELS, "instance": f"n{number}"}) for number in range(10_000)])
    tracemalloc.start()
    pages = list(opened(fake).alerts())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [len(page.records) for page in pages] == [500] * 20
    assert peak < 300 * 2**20


@pytest.mark.parametrize("url", ["", "ftp://am", "http://u:p@am", "http://am/?x=1"])
def test_a_wrong_address_is_named(url: str) -> None:
    with pytest.raises(Invalid) as own:
        AlertmanagerConnector(MonitorAccess(url))
    with pytest.raises(Invalid) as peer:
        AlertmanagerConnector(MonitorAccess("http://am", alertmanager_urls=[url]))
    assert (own.value.field, peer.value.field) == ("url", "alertmanager_urls")


def test_it_is_closed_more_than_once() -> None:
    with closing(AlertmanagerConnector(MonitorAccess(DOWN))) as connector:
        connector.close()
