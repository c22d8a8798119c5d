"""TLS with real servers: whom a monitor trusts, what it shows of itself, and how each refusal is told."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from app.connectors.base import MonitorAccess
from app.connectors.conformance.server import serving
from app.connectors.http.client import HttpSource
from app.errors import Invalid, SourceRejected, SourceUnreachable
from tests.certificates import A_DAY, Authority, Identity, self_signed, server_context

Open = Callable[..., HttpSource]
ServeTls = Callable[..., str]
Serve = Callable[[Callable[[Any], None]], str]
OURS = Authority("Our CA")
OTHER = Authority("Other CA")
UNKNOWN = "is signed by an authority that nagare does not know: give that authority's certificate as `ca_pem`."


@pytest.fixture
def serve_tls(tmp_path: Path) -> Iterator[ServeTls]:
    """Return what starts a TLS server with an identity, which may want client certificates, and returns its address."""
    with ExitStack() as stack:

        def start(identity: Identity, clients: Authority | None = None, oldest: ssl.TLSVersion | None = None) -> str:
            context = server_context(identity, tmp_path, clients)
            context.maximum_version = oldest or ssl.TLSVersion.MAXIMUM_SUPPORTED
            return stack.enter_context(serving(lambda request: request.answer("secured"), context))

        yield start


def access(**fields: Any) -> MonitorAccess:
    return MonitorAccess("", **fields)


def refusal(source: HttpSource) -> str:
    with pytest.raises(SourceUnreachable) as caught:
        source.get_json("")
    return str(caught.value).replace(source.host, "HOST")


def test_a_private_authority_is_trusted_once_it_is_given(serve_tls: ServeTls, open_source: Open) -> None:
    url = serve_tls(OURS.issue())
    assert refusal(open_source(url)) == f"The certificate of HOST {UNKNOWN}"
    assert refusal(open_source(url, access=access(ca_pem=OTHER.pem))) == f"The certificate of HOST {UNKNOWN}"
    for pem in (OURS.pem, OTHER.pem + OURS.pem, f"# ours\n{OURS.pem}\n\n# other\n{OTHER.pem}"):
        assert open_source(url, access=access(ca_pem=pem)).get_json("") == "secured"


def test_a_certificate_that_is_given_itself_is_trusted(serve_tls: ServeTls, open_source: Open) -> None:
    leaf = OURS.issue()
    assert open_source(serve_tls(leaf), access=access(ca_pem=leaf.certificate)).get_json("") == "secured"


def test_a_self_signed_certificate_is_told_and_can_be_trusted(serve_tls: ServeTls, open_source: Open) -> None:
    own = self_signed()
    url = serve_tls(own)
    told = "The certificate of HOST is signed by nobody but itself: if it is the right one, give it as `ca_pem`."
    assert refusal(open_source(url)) == told
    assert open_source(url, access=access(ca_pem=own.certificate)).get_json("") == "secured"


@pytest.mark.parametrize(
    ("names", "host", "told"),
    [
        ((x509.DNSName("zabbix.example"),), "localhost", "is for another name: write the name that it has in `url`"),
        ((x509.IPAddress(ip_address("10.0.0.1")),), "127.0.0.1", "is not for this address: write the name that it has"),
        ((x509.DNSName("localhost"),), "127.0.0.1", "is not for this address: write the name that it has in `url`"),
    ],
)
def test_a_certificate_for_another_name_is_told(
    serve_tls: ServeTls, open_source: Open, names: tuple[x509.GeneralName, ...], host: str, told: str
) -> None:
    url = serve_tls(OURS.issue(*names)).replace("127.0.0.1", host)
    assert told in refusal(open_source(url, access=access(ca_pem=OURS.pem)))


@pytest.mark.parametrize(
    ("starts", "ends", "told"),
    [
        (-2 * A_DAY, -timedelta(hours=1), "The certificate of HOST is expired: renew it on the server."),
        (A_DAY, 2 * A_DAY, "The certificate of HOST is not valid yet: check the clocks of both machines."),
    ],
)
def test_a_certificate_of_another_time_is_told(
    serve_tls: ServeTls, open_source: Open, starts: timedelta, ends: timedelta, told: str
) -> None:
    url = serve_tls(OURS.issue(starts=starts, ends=ends))
    assert refusal(open_source(url, access=access(ca_pem=OURS.pem))) == told


@pytest.mark.parametrize("identity", [OURS.issue(), OURS.issue(ends=-timedelta(hours=1)), self_signed()])
def test_without_verification_every_certificate_will_do(
    serve_tls: ServeTls, open_source: Open, identity: Identity
) -> None:
    for given in (access(verify=False), access(verify=False, ca_pem=OTHER.pem)):
        assert open_source(serve_tls(identity), access=given).get_json("") == "secured"


@pytest.mark.parametrize("oldest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_is_shown_when_it_is_wanted(
    serve_tls: ServeTls, open_source: Open, oldest: ssl.TLSVersion
) -> None:
    url = serve_tls(OURS.issue(), OURS, oldest)
    wanted = "HOST wants a client certificate: give it as `client_cert_pem` and `client_key_pem`."
    assert refusal(open_source(url, access=access(ca_pem=OURS.pem))) == wanted
    client = OURS.issue(x509.DNSName("nagare"))
    shown = access(ca_pem=OURS.pem, client_cert_pem=client.certificate, client_key_pem=client.key)
    assert open_source(url, access=shown).get_json("") == "secured"
    for other in (OTHER.issue(), OURS.issue(ends=-timedelta(hours=1))):
        shown = access(ca_pem=OURS.pem, client_cert_pem=other.certificate, client_key_pem=other.key)
        assert refusal(open_source(url, access=shown)).startswith("HOST does not accept the client certificate: give ")


def test_http_to_a_port_with_tls_is_told(serve_tls: ServeTls, open_source: Open) -> None:
    told = refusal(open_source(serve_tls(OURS.issue()).replace("https:", "http:")))
    assert "write https:// instead of http:// in `url`" in told, told


def test_http_to_a_port_that_says_that_it_has_tls_is_told(serve: Serve, open_source: Open) -> None:
    for words in (
        b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
        b"Client sent an HTTP request to an HTTPS server.\n",
    ):
        url = serve(lambda request: request.answer(words, 400))  # noqa: B023 - called in this turn
        with pytest.raises(SourceRejected, match="returned HTTP 400: this port expects TLS: write https:// instead of"):
            open_source(url).get_json("")


def test_https_to_a_port_without_tls_is_told(serve: Serve, open_source: Open) -> None:
    url = serve(lambda request: request.answer("plain")).replace("http:", "https:")
    told = "HOST does not speak TLS: write http:// instead of https://, or give the port that does."
    assert refusal(open_source(url)) == told


CLIENT = OURS.issue()
A_CERTIFICATE = "It is not a certificate in PEM: it begins with -----BEGIN CERTIFICATE-----."
A_KEY = "It is not an unencrypted private key in PEM: it begins with -----BEGIN PRIVATE KEY-----."


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"ca_pem": "hunter22"}, "ca_pem", A_CERTIFICATE),
        ({"ca_pem": "-----BEGIN CERTIFICATE-----\nhunter22\n-----END CERTIFICATE-----"}, "ca_pem", A_CERTIFICATE),
        ({"ca_pem": CLIENT.key}, "ca_pem", A_CERTIFICATE),
        ({"ca_pem": "证书"}, "ca_pem", A_CERTIFICATE),
        ({"client_cert_pem": CLIENT.certificate}, "client_key_pem", "A client certificate needs its private key."),
        ({"client_key_pem": CLIENT.key}, "client_cert_pem", "A client key needs its client certificate."),
        ({"client_cert_pem": CLIENT.key, "client_key_pem": CLIENT.key}, "client_cert_pem", A_CERTIFICATE),
        ({"client_cert_pem": CLIENT.certificate, "client_key_pem": "hunter22"}, "client_key_pem", A_KEY),
        ({"client_cert_pem": CLIENT.certificate, "client_key_pem": CLIENT.certificate}, "client_key_pem", A_KEY),
        (
            {"client_cert_pem": CLIENT.certificate, "client_key_pem": CLIENT.encrypted_key},
            "client_key_pem",
            "The key is protected by a pass phrase: give it without one (openssl pkey -in key.pem).",
        ),
        (
            {"client_cert_pem": CLIENT.certificate, "client_key_pem": OURS.issue().key},
            "client_key_pem",
            "The key does not belong to the client certificate.",
        ),
    ],
)
def test_what_is_no_certificate_or_key_is_refused_by_its_field(fields: dict[str, str], field: str, told: str) -> None:
    with pytest.raises(Invalid) as caught:
        HttpSource("https://127.0.0.1", access=access(**fields))
    assert (caught.value.field, str(caught.value)) == (field, told)
    assert caught.value.__cause__ is None, "OpenSSL may quote what it read"
