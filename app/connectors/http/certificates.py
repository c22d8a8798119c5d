"""Which certificates a connection trusts and shows."""

import functools
import os
import ssl

import certifi

from app.connectors.base import MonitorAccess
from app.errors import Invalid


def tls_context(access: MonitorAccess | None) -> ssl.SSLContext:
    """Return the TLS settings of a monitor, by default those of any public server.

    Raises Invalid for `ca_pem`, `client_cert_pem` or `client_key_pem` if it is no certificate or key, or they do not
    belong together.
    """
    if access is None or not (access.ca_pem or access.client_cert_pem or access.client_key_pem or not access.verify):
        return _public()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if access.ca_pem:
        _trust(context, access.ca_pem)
        # What an administrator trusts needs nobody above it: an intermediate authority, or the server's certificate.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    else:
        context.load_default_certs()
        context.load_verify_locations(certifi.where())
    if not access.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_cert_pem or access.client_key_pem:
        _present(context, access.client_cert_pem, access.client_key_pem)
    return context


@functools.cache
def _public() -> ssl.SSLContext:
    """Return the system's certificate authorities, which may include a company's own, or else certifi's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _trust(context: ssl.SSLContext, pem: str) -> None:
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError, TypeError):
        raise Invalid("ca_pem", "It is not a certificate in PEM: it begins with -----BEGIN CERTIFICATE-----.") from None
    if not context.cert_store_stats()["x509"]:
        raise Invalid("ca_pem", "It has no certificate: give at least one in PEM.")


def _present(context: ssl.SSLContext, certificate: str | None, key: str | None) -> None:
    if not certificate:
        raise Invalid("client_cert_pem", "A client key needs its client certificate.")
    if not key:
        raise Invalid("client_key_pem", "A client certificate needs its private key.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificate)
    except (ssl.SSLError, ValueError, TypeError):
        raise Invalid(
            "client_cert_pem", "It is not a certificate in PEM: it begins with -----BEGIN CERTIFICATE-----."
        ) from None
    if "ENCRYPTED" in key:
        raise Invalid(
            "client_key_pem", "The key is protected by a pass phrase: give it without one (openssl pkey -in key.pem)."
        )
    try:
        # OpenSSL reads keys only from files; this one exists in memory alone. An encrypted key must not ask for its
        # pass phrase on the terminal.
        with os.fdopen(os.memfd_create("client certificate"), "w") as file:
            file.write(f"{key.strip()}\n{certificate.strip()}\n")
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}", password="")
    except (ssl.SSLError, ValueError, OSError) as error:
        is_other = isinstance(error, ssl.SSLError) and "KEY_VALUES_MISMATCH" in (error.reason or "")
        message = (
            "The key does not belong to the client certificate."
            if is_other
            else "It is not an unencrypted private key in PEM: it begins with -----BEGIN PRIVATE KEY-----."
        )
        raise Invalid("client_key_pem", message) from None
