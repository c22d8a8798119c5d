"""Encrypts credentials at rest with a key derived from `NAGARE_SECRET_KEY`."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import TaskFailed


class Vault:
    """Encrypts and decrypts short secrets (Fernet: AES-128-CBC with HMAC-SHA256).

    The first key encrypts; the others only decrypt.
    """

    def __init__(self, *secret_keys: str) -> None:
        fernets = [_fernet(secret_key) for secret_key in secret_keys]
        self._present = fernets[0]
        self._fernet = MultiFernet(fernets)

    def seal(self, secret: str | None) -> str | None:
        """Return the encrypted secret; None stays None."""
        return None if secret is None else self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str | None) -> str | None:
        """Return the decrypted secret. Raises TaskFailed if it was encrypted with another key."""
        if sealed is None:
            return None
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise TaskFailed(
                "the stored credential was encrypted with another NAGARE_SECRET_KEY: enter it again"
            ) from None

    def renew(self, sealed: str) -> str | None:
        """Return the secret encrypted with the first key; None if it already is.

        Raises TaskFailed if none of the keys decrypts it.
        """
        try:
            self._present.decrypt(sealed.encode())
        except InvalidToken:
            return self.seal(self.open(sealed))
        return None


def _fernet(secret_key: str) -> Fernet:
    # The info separates this key from the one that signs tokens, though both derive from the same secret.
    derived = HKDF(SHA256(), 32, salt=None, info=b"nagare monitor credentials").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
