"""The dashboard's session: an access token in a cookie that scripts cannot read and other sites cannot send."""

from flask import Response, g

from app import clock
from app.errors import Unauthorized
from app.services.access.auth import SignIn
from app.web.access import read_access_token
from app.web.context import services
from app.web.dashboard import cookies
from app.web.session_tokens import make_tokens

COOKIE = "nagare_session"
TOKEN_S = 12 * 3600
"""How long the dashboard may be idle. The session itself, which every request looks up, ends earlier on sign-out, and
at the latest at the maximum age of an API session. There is no refresh token: of two parts of a page that are
requested at the same time with an expired token, the second would look like token theft."""


def find() -> str:
    """Return the session id in the cookie. Raises Unauthorized."""
    claims = read_access_token(cookies.read(COOKIE) or "")
    g.token_expires_at = claims["exp"]
    session_id: str = claims["sid"]
    return session_id


def find_or_none() -> str | None:
    """Return the session id in the cookie, None without a valid cookie."""
    try:
        return find()
    except Unauthorized:
        return None


def start(response: Response, sign_in: SignIn) -> None:
    """Set the cookie of a new session."""
    token = make_tokens(services().settings, sign_in, TOKEN_S)["access_token"]
    cookies.put(response, COOKIE, token, TOKEN_S)


def renew(response: Response) -> None:
    """Renew the cookie after more than half of its lifetime."""
    user = g.get("user")
    is_old = g.get("token_expires_at", 0) - clock.now().timestamp() < TOKEN_S / 2
    if user is not None and is_old and COOKIE not in "".join(response.headers.getlist("Set-Cookie")):
        start(response, SignIn(user, g.session_id, None))


def end(response: Response) -> None:
    """Delete the cookie."""
    cookies.remove(response, COOKIE)
