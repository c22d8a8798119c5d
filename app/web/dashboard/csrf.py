"""CSRF protection: a token bound to the session or, before sign-in, to the browser proves that a form is ours."""

import hmac
import secrets

from flask import Response, g, request

from app.errors import Forbidden
from app.web.context import services
from app.web.dashboard import cookies, session
from app.web.session_tokens import signing_keys

COOKIE = "nagare_visitor"
FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
MASKED_BYTES = 64
"""Of a token: a random mask, and a signature of 32 bytes under it."""


class FormExpired(Forbidden):
    """The form belongs to a session that has ended, or is not one of ours."""

    code = "form_expired"


class FromAnotherSite(Forbidden):
    """The form was sent from another site."""

    code = "from_another_site"


def token() -> str:
    """Return the token for the forms of the current page, masked anew for each response.

    Responses are compressed. A value that is the same in all of them could be guessed from their length by somebody
    who gets text of their own into the page (BREACH).
    """
    if "csrf_token" not in g:
        owner = g.get("session_id") or (None if g.get("is_session_over") else session.find_or_none())
        signature = bytes.fromhex(_signatures(owner or _visitor())[0])
        mask = secrets.token_bytes(len(signature))
        g.csrf_token = (mask + _xor(mask, signature)).hex()
    token: str = g.csrf_token
    return token


def forget_session() -> None:
    """Bind the tokens of this page to the browser: the response deletes the cookie of a session that is over."""
    g.is_session_over = True


def check(is_public: bool) -> None:
    """Raise FormExpired when the request has no token of this session, or on public pages of this browser.

    Raises FromAnotherSite when the browser says that the request comes from another site.
    """
    if _is_from_another_site():
        raise FromAnotherSite("The form was sent from another site.")
    given = _unmasked(request.form.get(FIELD) or request.headers.get(HEADER) or "")
    owners = [g.get("session_id") or session.find_or_none()]
    if is_public:
        owners.append(cookies.read(COOKIE))
    if not any(owner and _is_signed(owner, given) for owner in owners):
        raise FormExpired("The form has expired: reload the page.")


def keep_visitor(response: Response) -> None:
    """Set the cookie that identifies an anonymous browser to its forms, if the page has one."""
    if "visitor" in g and g.visitor != cookies.read(COOKIE):
        cookies.put(response, COOKIE, g.visitor)


def _is_from_another_site() -> bool:
    """Return whether the browser says that the request comes from another site, as Go's CrossOriginProtection does.

    Behind a proxy the server may have another name than the browser knows. So the origin is compared only where the
    browser sends no Sec-Fetch-Site, which all browsers send over HTTPS and on localhost.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2].lower() != request.host.lower()


def _visitor() -> str:
    if "visitor" not in g:
        g.visitor = cookies.read(COOKIE) or secrets.token_urlsafe(24)
    visitor: str = g.visitor
    return visitor


def _is_signed(owner: str, given: str) -> bool:
    return any(hmac.compare_digest(signed.encode(), given.encode()) for signed in _signatures(owner))


def _unmasked(given: str) -> str:
    """Return the signature in a token. One without a mask is from a page that an older version rendered."""
    if len(given) != 2 * MASKED_BYTES:
        return given
    try:
        masked = bytes.fromhex(given)
    except ValueError:
        return ""
    half = len(masked) // 2
    return _xor(masked[:half], masked[half:]).hex()


def _xor(mask: bytes, text: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(mask, text, strict=True))


def _signatures(owner: str) -> list[str]:
    """Return the form's token for the current key, then for the old key that is still accepted."""
    keys = signing_keys(services().settings)
    return [hmac.digest(key.encode(), f"form {owner}".encode(), "sha256").hex() for key in keys]
