"""A real Prometheus behind TLS × a password or a header × a path prefix, and the refusals of what does not fit."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from app.connectors.base import MonitorAccess, alert_page
from app.connectors.registry import open_connector
from app.errors import SourceRefusedLogin, SourceRejected, SourceUnreachable
from tests.cli.processes import wait_for
from tests.real.authority import Authority
from tests.real.secure_prometheus import KEY, PASSWORD, USER, Front, Nginx, SecurePrometheus

pytestmark = pytest.mark.real

TLS = ("own authority", "self-signed", "client certificate")
PREFIX = "/prometheus"


class Reached(NamedTuple):
    """A server, how it is reached, and by what it is let in."""

    access: MonitorAccess
    tls: str
    proof: str


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(
    scope="module",
    params=[(tls, proof, prefix) for tls in TLS for proof in ("password", "header") for prefix in ("", PREFIX)],
    ids=lambda given: " ".join(given),
)
def reached(
    request: pytest.FixtureRequest, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reached]:
    tls, proof, prefix = request.param
    folder = tmp_path_factory.mktemp("secured")
    pair = authority.self_signed("alone") if tls == "self-signed" else authority.sign("server")
    front = Front(pair, authority if tls == "client certificate" else None, proof == "password", prefix)
    if proof == "password":
        server = SecurePrometheus(folder, front)
        access = MonitorAccess(server.url, USER, PASSWORD)
        nginx = None
    else:
        server = SecurePrometheus(folder, Front(prefix=prefix))
        nginx = Nginx(folder, front, server)
        access = MonitorAccess(nginx.url, headers={"X-Key": KEY})
    yield Reached(trusting(access, tls, authority), tls, proof)
    server.kill()
    if nginx:
        nginx.kill()


def trusting(access: MonitorAccess, tls: str, authority: Authority) -> MonitorAccess:
    if tls == "self-signed":
        return replace(access, verify=False)
    access = replace(access, ca_pem=authority.pem)
    if tls == "own authority":
        return access
    client = authority.sign("client")
    return replace(access, client_cert_pem=client.certificate.read_text(), client_key_pem=client.key.read_text())


def test_all_is_read(reached: Reached) -> None:
    with open_connector("prometheus", reached.access) as connector:
        assert connector.check()[0] in "23"

        def is_scraped() -> bool:
            with open_connector("prometheus", reached.access) as fresh:
                pages = fresh.items([host.external_id for page in fresh.hosts() for host in page.records])
                return any(item.key == "up" for page in pages for item in page.records)

        wait_for(is_scraped, "a first scrape")
        [host] = [host for page in connector.hosts() for host in page.records]
        assert host.external_id.startswith("self/127.0.0.1:")
        wait_for(lambda: "AlwaysThere" in alerts(reached.access), "the alert to fire")


def alerts(access: MonitorAccess) -> set[str]:
    with open_connector("prometheus", access) as connector:
        pages = map(alert_page, connector.alerts())
        return {report.labels["alertname"] for page in pages for report in page.records}


def test_what_does_not_fit_is_refused(reached: Reached) -> None:
    wrong = (
        replace(reached.access, password="wrong")
        if reached.proof == "password"
        else replace(reached.access, headers={"X-Key": "wrong"})
    )
    with open_connector("prometheus", wrong) as connector, pytest.raises(SourceRefusedLogin):
        connector.check()
    distrusting = replace(reached.access, verify=True, ca_pem=None)
    with open_connector("prometheus", distrusting) as connector, pytest.raises(SourceUnreachable, match="certificate"):
        connector.check()
    if reached.tls == "client certificate":
        unknown = replace(reached.access, client_cert_pem=None, client_key_pem=None)
        with open_connector("prometheus", unknown) as connector, pytest.raises((SourceUnreachable, SourceRejected)):
            connector.check()


def test_a_missing_prefix_is_not_found(authority: Authority, tmp_path: Path) -> None:
    server = SecurePrometheus(tmp_path, Front(authority.sign("server"), prefix=PREFIX))
    try:
        access = MonitorAccess(server.url.removesuffix(PREFIX), ca_pem=authority.pem)
        with open_connector("prometheus", access) as connector, pytest.raises(SourceRejected, match="HTTP 404"):
            connector.check()
    finally:
        server.kill()
