"""Certificates of servers and clients on loopback."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LOOPBACK: tuple[x509.GeneralName, ...] = (x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")))
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key, in PEM."""

    certificate: str
    key: str
    encrypted_key: str
    """The same key, protected by the pass phrase `secret`."""


class Authority:
    """A certificate authority of nobody's but this test."""

    def __init__(self, name: str = "Test CA") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = _builder(self._name, self._name, self._key, -A_DAY, A_DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pem = _pem(builder.sign(self._key, hashes.SHA256()))
        """Its own certificate."""

    def issue(
        self,
        *names: x509.GeneralName,
        starts: timedelta = -A_DAY,
        ends: timedelta = A_DAY,
    ) -> Identity:
        """Return an identity with these names (by default those of loopback), valid from and until then."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
        builder = _builder(subject, self._name, key, starts, ends).add_extension(
            x509.SubjectAlternativeName(names or LOOPBACK), critical=False
        )
        return _identity(builder.sign(self._key, hashes.SHA256()), key)


def server_context(identity: Identity, folder: Path, clients: Authority | None = None) -> ssl.SSLContext:
    """Return the TLS settings of a server, which with `clients` wants a certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    path = folder / "identity.pem"
    path.write_text(identity.key + identity.certificate)
    context.load_cert_chain(path)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.pem)
    return context


def self_signed(*names: x509.GeneralName) -> Identity:
    """Return an identity with these names (by default those of loopback) that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = names or LOOPBACK
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, str(names[0].value))])
    builder = _builder(subject, subject, key, -A_DAY, A_DAY).add_extension(
        x509.SubjectAlternativeName(names), critical=False
    )
    return _identity(builder.sign(key, hashes.SHA256()), key)


def self_signed_certificate(name: x509.GeneralName, folder: Path) -> Path:
    """Return a file with a key and a certificate for `name` that nobody has signed but itself."""
    identity = self_signed(name)
    path = folder / "server.pem"
    path.write_text(identity.key + identity.certificate)
    return path


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, starts: timedelta, ends: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts)
        .not_valid_after(now + ends)
    )


def _identity(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Identity:
    def private(protection: serialization.KeySerializationEncryption) -> str:
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection).decode()

    encrypted = private(serialization.BestAvailableEncryption(b"secret"))
    return Identity(_pem(certificate), private(serialization.NoEncryption()), encrypted)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
