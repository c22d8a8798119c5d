"""Says in one sentence why a connection failed, and what to do about it."""

import errno
import re
import ssl
from collections.abc import Iterator

import httpcore

SELF_SIGNED, UNKNOWN_ROOT, UNKNOWN_ISSUER, UNVERIFIED = 18, 19, 20, 21
NOT_YET_VALID, EXPIRED, REVOKED = 9, 10, 23
OTHER_NAME, OTHER_ADDRESS = 62, 64
"""OpenSSL's codes of why a certificate is not accepted (`X509_V_ERR_…`)."""
CERTIFICATE_FAULTS = {
    SELF_SIGNED: "signed by nobody but itself: if it is the right one, give it as `ca_pem`",
    UNKNOWN_ROOT: "signed by an authority that nagare does not know: give that authority's certificate as `ca_pem`",
    UNKNOWN_ISSUER: "signed by an authority that nagare does not know: give that authority's certificate as `ca_pem`",
    UNVERIFIED: "signed by an authority that nagare does not know: give that authority's certificate as `ca_pem`",
    NOT_YET_VALID: "not valid yet: check the clocks of both machines",
    EXPIRED: "expired: renew it on the server",
    REVOKED: "revoked: renew it on the server",
    OTHER_NAME: "for another name: write the name that it has in `url`, or renew it with this name",
    OTHER_ADDRESS: "not for this address: write the name that it has in `url`, or renew it with this address",
}
WANTS_CERTIFICATE = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "ALERT_BAD_CERTIFICATE")
"""Alerts of a server that got no client certificate: in TLS 1.3, and in the ones before."""
REFUSES_CERTIFICATE = (
    "UNKNOWN_CA",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_REVOKED",
    "CERTIFICATE_UNKNOWN",
    *WANTS_CERTIFICATE,
)
NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
MAY_BE_TLS = {
    "illegal request line": "the server does not speak plain HTTP",
    "Server disconnected without sending a response.": "the server closed it without a response",
}
"""What a server with TLS does with plain HTTP, as the HTTP library says it: an alert, or nothing at all."""
WANTS_TLS = re.compile(
    r"HTTP request (?:was sent )?to (?:an )?HTTPS (?:port|server)|speaking plain HTTP to an SSL", re.I
)
"""How nginx, Go and Apache say in a response that their port expects TLS."""
SPEAKS_TLS = "this port expects TLS: write https:// instead of http:// in `url`"
PROXY_LOGIN = "the proxy wants a user name and a password: give the right ones in `proxy_url`"


class TlsError(httpcore.ConnectError):
    """TLS failed with `server_name`, which is the monitor or a proxy."""

    def __init__(self, message: str, server_name: str) -> None:
        super().__init__(message)
        self.server_name = server_name


def tls_failure(error: BaseException, peer: str, shows_certificate: bool = False) -> str | None:
    """Return why TLS with `peer` failed, as a sentence; None if an error is about something else.

    `shows_certificate` says whether a client certificate was shown.
    """
    found = next((each for each in _causes(error) if isinstance(each, ssl.SSLError)), None)
    if found is None:
        return None
    if isinstance(found, ssl.SSLCertVerificationError):
        fault = CERTIFICATE_FAULTS.get(found.verify_code, f"not accepted: {found.verify_message}")
        return f"The certificate of {peer} is {fault}."
    reason = found.reason or ""
    if any(word in reason for word in NO_TLS):
        return f"{peer} does not speak TLS: write http:// instead of https://, or give the port that does."
    if shows_certificate and any(word in reason for word in REFUSES_CERTIFICATE):
        return (
            f"{peer} does not accept the client certificate: give one that is valid and signed by an authority that it "
            "trusts as `client_cert_pem` and `client_key_pem`."
        )
    if any(word in reason for word in WANTS_CERTIFICATE):
        return f"{peer} wants a client certificate: give it as `client_cert_pem` and `client_key_pem`."
    words = reason.replace("_", " ").lower() or "the server ended it"
    return f"TLS with {peer} failed: {words}."


def socket_failure(error: BaseException, peer: str, *, is_proxy: bool = False) -> str | None:
    """Return why `peer` cannot be reached, as the rest of a sentence; None if an error is about something else."""
    found = next((each for each in _causes(error) if isinstance(each, OSError) and each.errno), None)
    if found is None:
        return None
    where = f"the proxy {peer}: " if is_proxy else ""
    field = "`proxy_url`" if is_proxy else "`url`"
    if found.errno == errno.ECONNREFUSED:
        return f"{where}refused, nothing listens on this port: check the port in {field}, and that the server runs"
    if found.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return f"{where}no way leads to this address: check {field}, the route and the firewalls"
    return f"{where}{found.strerror or 'unknown error'}"


def plain_failure(text: str) -> str | None:
    """Return why plain HTTP failed, as the rest of a sentence, if the server may have expected TLS."""
    return (
        f"{MAY_BE_TLS[text]}: if it expects TLS, write https:// instead of http:// in `url`"
        if text in MAY_BE_TLS
        else None
    )


def proxy_failure(text: str, peer: str) -> str:
    """Return why a proxy did not connect to `peer`, as the rest of a sentence; `text` is its status and reason."""
    return f"the proxy answered {text}: check that it allows connections to {peer}, or remove `proxy_url`"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
