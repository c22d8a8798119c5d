"""Access and refresh tokens: JWTs signed with a key that is derived from `NAGARE_SECRET_KEY`."""

import uuid
from datetime import timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.clock import now
from app.services.access.auth import ACCESS_TOKEN_S, REFRESH_TOKEN_S, SignIn
from app.settings import Settings

ALGORITHM = "HS256"


def signing_keys(settings: Settings) -> tuple[str, ...]:
    """Return the key that signs tokens, then the old key whose signatures are still valid.

    Raises SettingsError when there is no secret key.
    """
    return tuple(_derive(secret) for secret in settings.secret_keys())


def _derive(secret: str) -> str:
    # The info separates this key from the one that encrypts credentials, although both derive from the same secret.
    return HKDF(SHA256(), 32, salt=None, info=b"nagare tokens").derive(secret.encode()).hex()


def make_tokens(settings: Settings, sign_in: SignIn, access_token_s: int = ACCESS_TOKEN_S) -> dict[str, Any]:
    """Return the response to a sign-in; it has a refresh token if the session can be refreshed."""
    tokens: dict[str, Any] = {
        "access_token": _sign(settings, sign_in, "access", uuid.uuid4().hex, access_token_s),
        "token_type": "Bearer",
        "expires_in": access_token_s,
    }
    if sign_in.refresh_jti:
        tokens["refresh_token"] = _sign(settings, sign_in, "refresh", sign_in.refresh_jti, REFRESH_TOKEN_S)
    return tokens


def _sign(settings: Settings, sign_in: SignIn, type: str, jti: str, lifetime_s: int) -> str:
    issued_at = now()
    claims = {
        "sub": str(sign_in.user["id"]),
        "sid": sign_in.session_id,
        "jti": jti,
        "type": type,
        "iat": issued_at,
        "exp": issued_at + timedelta(seconds=lifetime_s),
    }
    return jwt.encode(claims, signing_keys(settings)[0], ALGORITHM)
