"""Reads the problems of a Nagios, page by page, and says what it could not know."""

from collections.abc import Iterator

from app.connectors.answers import read_object
from app.connectors.base import AlertPage, Completeness
from app.connectors.nagios.api import STALE, STATUS, NagiosApi, Row
from app.connectors.nagios.problems import Remarks, Subject, is_hard, problem_report, read_remarks, state_of
from app.rules.alerts.alert_reports import AlertReport

PROBLEMS_A_PAGE = 1000
PROBLEMS_A_REQUEST = 10_000
HOST_PROBLEMS = {"hoststatus": "down unreachable"}
SERVICE_PROBLEMS = {"servicestatus": "warning critical unknown"}


def problems(api: NagiosApi) -> Iterator[AlertPage]:
    """Yield the hard problems of hosts and services in pages of at most 1,000.

    Soft ones, which Nagios still checks, and those of objects without a result since a start are open, but do not fire.
    """
    api.require_hosts()
    yield from _of_the_daemon(api)
    remarks = read_remarks(
        api.member(STATUS, "commentlist", "commentlist", {"details": "true"}),
        api.member(STATUS, "downtimelist", "downtimelist", {"details": "true"}),
    )
    for query, count, wanted in (
        ("hostlist", "hostcount", HOST_PROBLEMS),
        ("servicelist", "servicecount", SERVICE_PROBLEMS),
    ):
        total = api.count(count, wanted)
        if total > PROBLEMS_A_REQUEST:
            # One that ends between two requests moves the others, of which one then is in neither answer.
            yield AlertPage([], Completeness.DOUBTFUL)
        for page in api.pages(STATUS, query, total, PROBLEMS_A_REQUEST, wanted):
            yield from _page(page, query == "hostlist", remarks, api.url)
    yield from _pending(api)


def _of_the_daemon(api: NagiosApi) -> Iterator[AlertPage]:
    age = api.age()
    if age > STALE:
        minutes = int(age.total_seconds() // 60)
        missing = f"Nagios has not written its status for {minutes} minutes: its daemon may be down."
        yield AlertPage([], Completeness.PARTIAL, (missing,))


def _page(page: Row, is_hosts: bool, remarks: Remarks, url: str) -> Iterator[AlertPage]:
    firing: dict[str, AlertReport] = {}
    soft: dict[str, None] = {}
    for subject, status in _rows(page, is_hosts):
        state = state_of(subject, status)
        if state and is_hard(status):
            firing[subject.external_id] = problem_report(subject, state, status, remarks, url)
        elif state:
            soft[subject.external_id] = None
    reports = list(firing.values())
    for start in range(0, len(reports), PROBLEMS_A_PAGE):
        yield AlertPage(reports[start : start + PROBLEMS_A_PAGE])
    if soft:
        yield AlertPage([], still_open=list(soft))


def _rows(page: Row, is_hosts: bool) -> Iterator[tuple[Subject, Row]]:
    for host in page:
        found = read_object(page, host)
        if is_hosts:
            yield Subject(host, ""), found
        else:
            yield from ((Subject(host, service), read_object(found, service)) for service in found)


def _pending(api: NagiosApi) -> Iterator[AlertPage]:
    """Yield what has no result since Nagios started: if it forgot the states, their problems are not over."""
    hosts = api.member(STATUS, "hostlist", "hostlist", {"hoststatus": "pending"})
    services = api.member(STATUS, "servicelist", "servicelist", {"servicestatus": "pending"})
    waiting = [Subject(host, "").external_id for host in hosts]
    waiting += [Subject(host, name).external_id for host in services for name in read_object(services, host)]
    if waiting:
        yield AlertPage([], still_open=waiting)
