"""What a source with JSON of its own becomes by its mapping, and what of its answers is refused."""

import copy
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.connectors.base import Completeness, MonitorAccess
from app.connectors.http_json import api
from app.connectors.http_json.connector import HttpJsonConnector
from app.errors import Invalid, SourceForbidden, SourceGarbled, SourceReadOnly, SourceRejected
from tests.unit.connectors.http_json.fake_source import MAPPING, FakeSource

Serve = Callable[[Callable[[Any], None]], str]
Opened = Callable[..., HttpJsonConnector]


@pytest.fixture
def opened(serve: Serve) -> Iterator[Opened]:
    made: list[HttpJsonConnector] = []

    def open_one(fake: Any, mapping: Any = MAPPING, prefix: str = "", **access: Any) -> HttpJsonConnector:
        url = f"{serve(fake.respond)}{prefix}"
        made.append(HttpJsonConnector(MonitorAccess(url, mapping=mapping, **access)))
        return made[-1]

    yield open_one
    for connector in made:
        connector.close()


def mapped(part: str, **changes: Any) -> dict[str, Any]:
    """Return the mapping with changes to one part; those of `fields` are added."""
    changed = copy.deepcopy(MAPPING)
    changed[part]["fields"] |= changes.pop("fields", {})
    changed[part] |= changes
    return changed


class Fixed:
    """Answers every path with the same value, or by path."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def respond(self, request: Any) -> None:
        self.asked.append(request.path)
        request.answer(self.answer(request.path) if callable(self.answer) else self.answer)


def test_hosts_come_page_by_page(opened: Opened) -> None:
    fake = FakeSource()
    [page] = opened(fake).hosts()
    first, second, third = page.records
    assert page.total == 3
    assert (first.external_id, first.name, first.display_name, first.ip_addr) == ("d-0", "web-0", "网站 0", "10.0.0.0")
    assert (first.groups, first.labels, first.error, first.enabled) == (("北京",), {"env": "prod"}, None, True)
    assert (second.enabled, third.error) == (False, "no response")
    assert fake.asked == ["/api/devices?limit=2", "/api/devices?limit=2&from=2"]


def test_some_hosts_are_those_that_still_exist(opened: Opened) -> None:
    [page] = opened(FakeSource()).hosts(["d-2", "gone", "d-2"])
    assert ([host.external_id for host in page.records], page.total) == (["d-2"], 1)


def test_items_are_read_once_and_grouped_by_host(opened: Opened) -> None:
    fake = FakeSource(hosts=9)
    connector = opened(fake)
    pages = [*connector.items([f"d-{number}" for number in range(9)]), *connector.items(["gone"])]
    assert [page.host_external_ids for page in pages] == [
        ["d-0", "d-1", "d-2", "d-3"],
        ["d-4", "d-5", "d-6", "d-7"],
        ["d-8"],
        ["gone"],
    ]
    assert pages[-1].records == []
    item = pages[0].records[1]
    assert item[:4] == ("d-0", "1", "Temperature 1", "temp.1")
    assert (item.value, item.value_type, item.units) == ("22.5", "float", "°C")
    assert item.value_at == datetime.fromtimestamp(1_795_938_604, UTC)
    assert connector.item("d-0", "1") == item
    assert connector.item("d-0", "9") is None
    assert fake.asked == ["/api/sensors"]


def test_alerts_that_fire_are_reports(opened: Opened) -> None:
    [page] = opened(FakeSource()).alerts()
    [report] = page.records
    assert (page.completeness, page.missing) == (Completeness.COMPLETE, ())
    assert (report.source, report.external_id, report.message) == ("http_json", "1", "Disk 1 is full, 磁盘满了")
    assert (report.source_severity, report.host_name, report.item_name) == ("critical", "web-0", "temp.0")
    assert (report.description, report.labels) == ("96 %", {"env": "prod"})
    assert report.started_at == datetime(2026, 11, 29, 1, tzinfo=UTC)
    assert report.source_url == "https://source.example/events/1"
    assert report.raw == FakeSource.event(1)


def test_of_a_feed_absence_means_nothing(opened: Opened) -> None:
    [page] = opened(FakeSource(), mapped("alerts", complete=False)).alerts()
    assert (len(page.records), page.completeness) == (1, Completeness.PARTIAL)
    assert page.missing == ("The mapping says that the list of alerts is not complete",)


def test_an_alert_that_does_not_fit_leaves_the_others(opened: Opened) -> None:
    fake = FakeSource()
    fake.events.append(fake.event(3, state="perhaps"))
    [page] = opened(fake).alerts()
    assert (len(page.records), page.completeness) == (1, Completeness.PARTIAL)
    assert "alerts.2.is_firing" in page.missing[0] and "perhaps" in page.missing[0]
    fake.events = fake.events[2:]
    with pytest.raises(SourceGarbled, match=r"alerts\.0\.is_firing"):
        [*opened(fake).alerts()]


def test_parts_that_are_missing_have_nothing(opened: Opened) -> None:
    fake = FakeSource()
    alerts = opened(fake, {"alerts": MAPPING["alerts"]})
    assert (alerts.check(), [*alerts.hosts()]) == ("JSON over HTTP", [])
    assert [page.records for page in alerts.items(["d-0"])] == [[]]
    hosts = opened(fake, {"hosts": MAPPING["hosts"]})
    assert [*hosts.alerts()] == []


def test_without_a_mapping_nothing_is_requested(opened: Opened) -> None:
    fake = FakeSource()
    connector = opened(fake, None)
    for act in (connector.check, lambda: [*connector.hosts()], lambda: [*connector.alerts()]):
        with pytest.raises(SourceRejected, match=r"PUT /monitors/\{id\}/mapping"):
            act()
    assert fake.asked == []


@pytest.mark.parametrize(
    ("access", "header"),
    [
        ({"api_token": "t0k"}, "Bearer t0k"),
        ({"username": "u", "password": "p"}, "Basic dTpw"),
        ({}, None),
    ],
)
def test_credentials_are_sent(opened: Opened, access: dict[str, str], header: str | None) -> None:
    fake = FakeSource()
    assert opened(fake, **access).check() == "JSON over HTTP"
    assert fake.authorized == [header]


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("?from=2", "/base/a%2Fb/devices?from=2"),
        ("more", "/base/a%2Fb/more"),
        ("/other?cursor=a%2Bb%3D", "/other?cursor=a%2Bb%3D"),
    ],
)
def test_links_are_relative_to_their_page(opened: Opened, link: str, asked: str) -> None:
    fake = Fixed(lambda path: {"data": [], "links": {"next": None if path == asked else link}})
    assert [*opened(fake, mapped("hosts", path="a%2Fb/devices"), prefix="/base/").hosts()] == []
    assert fake.asked == ["/base/a%2Fb/devices", asked]


def test_an_absolute_link_to_the_same_server_is_followed(opened: Opened, serve: Serve) -> None:
    own: list[str] = []
    fake = Fixed(lambda path: {"data": [], "links": {"next": None if "x=1" in path else f"{own[0]}/hosts?x=1"}})
    own.append(serve(fake.respond))
    connector = HttpJsonConnector(MonitorAccess(own[0], mapping=MAPPING))
    assert [*connector.hosts()] == []
    assert fake.asked == ["/api/devices?limit=2", "/hosts?x=1"]
    connector.close()


@pytest.mark.parametrize("link", ["http://other.example/", "//other.example/", "https://127.0.0.1/", "file:///etc"])
def test_a_link_to_another_server_is_forbidden(opened: Opened, link: str) -> None:
    with pytest.raises(SourceForbidden, match=r"hosts\.next leads to"):
        [*opened(Fixed({"data": [], "links": {"next": link}})).hosts()]


def test_pages_in_a_circle_and_without_end_are_refused(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceGarbled, match="circle"):
        [*opened(Fixed({"data": [], "links": {"next": "?limit=2"}})).hosts()]
    monkeypatch.setattr(api, "MAX_PAGES", 5)
    fake = Fixed(lambda path: {"data": [], "links": {"next": f"?limit=3{len(path) * '0'}"}})
    with pytest.raises(SourceGarbled, match="more than 5 pages"):
        [*opened(fake).hosts()]
    assert len(fake.asked) == 5


def test_too_many_items_are_refused(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MAX_RECORDS", 5)
    with pytest.raises(SourceGarbled, match="more than 5 items"):
        [*opened(FakeSource()).items(["d-0"])]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([], "hosts.list must find a list, but it is null"),
        ({"data": {"a": 1}}, "hosts.list must find a list, but it is an object"),
        ({"data": [{}]}, r"hosts\.0\.external_id: .*an identity is required"),
        ({"data": [{"uuid": "1", "monitored": "maybe"}]}, r"hosts\.0\.enabled: .*maybe"),
        ({"data": [{"uuid": ["1"]}]}, r"hosts\.0\.external_id: .*a list"),
        ({"data": [], "links": {"next": 5}}, "hosts.next must find a URL, not a number"),
        ({"data": [], "links": {"next": "http://host:port"}}, "hosts.next finds no valid URL"),
    ],
)
def test_what_does_not_fit_is_told_by_its_place(opened: Opened, answer: Any, reason: str) -> None:
    with pytest.raises(SourceGarbled, match=reason):
        [*opened(Fixed(answer)).hosts()]


def test_expressions_may_not_make_too_much(opened: Opened) -> None:
    doubled = "@" + " | [@, @]" * 38
    with pytest.raises(SourceGarbled, match="makes too much"):
        [*opened(FakeSource(), mapped("hosts", fields={"labels": doubled})).hosts()]


@pytest.mark.parametrize(
    ("field", "mapping"),
    [
        ("mapping.hosts.fields.name", mapped("hosts", fields={"name": "a["})),
        ("mapping.hosts.fields.colour", mapped("hosts", fields={"colour": "c"})),
        ("mapping.hosts.fields.external_id", {"hosts": {"list": "@", "fields": {}}}),
        ("mapping.alerts.fields.message", {"alerts": {"list": "@"}}),
        ("mapping.items.list", mapped("items", list=None)),
        ("mapping.items.complete", mapped("items", complete=True)),
        ("mapping.alerts.complete", mapped("alerts", complete="yes")),
        ("mapping.hosts.next", mapped("hosts", next=5)),
        ("mapping.hosts.path", mapped("hosts", path="http://other.example/")),
        ("mapping.hosts.path", mapped("hosts", path="//other.example/")),
        ("mapping.hosts.path", mapped("hosts", path="/a/../b")),
        ("mapping.hosts", {"items": MAPPING["items"]}),
        ("mapping.hosts", {"hosts": None}),
        ("mapping.hosts", {"hosts": []}),
        ("mapping.message", {"message": "m"}),
    ],
)
def test_a_wrong_mapping_is_refused_by_its_field(field: str, mapping: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        HttpJsonConnector(MonitorAccess("http://127.0.0.1", mapping=mapping))
    assert refused.value.field == field


def test_nothing_is_written(opened: Opened) -> None:
    with pytest.raises(SourceReadOnly):
        opened(FakeSource()).acknowledge_alert("1", "")


def test_ten_thousand_hosts_need_little_memory(opened: Opened) -> None:
    connector = opened(FakeSource(hosts=10_000, items=1, a_page=1000))
    tracemalloc.start()
    hosts = [host.external_id for page in connector.hosts() for host in page.records]
    count = sum(len(page.records) for page in connector.items(hosts))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(hosts), count) == (10_000, 10_000)
    assert peak < 300 * 2**20
