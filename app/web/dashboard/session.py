"""How the dashboard knows its user: an access token in a cookie that no script can read and no other site can send."""

from flask import Response, g

from app import clock
from app.errors import Unauthorized
from app.services.access.auth import SignIn
from app.web.access import read_access_token
from app.web.context import services
from app.web.dashboard import cookies
from app.web.tokens import make_tokens

COOKIE = "nagare_session"
TOKEN_S = 12 * 3600
"""For how long nobody needs to use the dashboard. The session itself, which every request looks up, ends sooner when
somebody signs out, and at the latest when it is as old as a session of the API can be.

There is no refresh token beside it: of two parts of a page that come at once with a token that ran out, the second
would look like a thief.
"""


def find() -> str:
    """Return the id of the session that the cookie belongs to. Raises Unauthorized."""
    claims = read_access_token(cookies.read(COOKIE) or "")
    g.token_expires_at = claims["exp"]
    session_id: str = claims["sid"]
    return session_id


def find_or_none() -> str | None:
    """Return the same, None when there is no cookie that holds."""
    try:
        return find()
    except Unauthorized:
        return None


def start(response: Response, sign_in: SignIn) -> None:
    """Give the browser the cookie of a sign-in."""
    token = make_tokens(services().settings, sign_in, TOKEN_S)["access_token"]
    cookies.put(response, COOKIE, token, TOKEN_S)


def renew(response: Response) -> None:
    """Give the browser a new cookie when more than half of the old one's time has passed."""
    user = g.get("user")
    is_old = g.get("token_expires_at", 0) - clock.now().timestamp() < TOKEN_S / 2
    if user is not None and is_old and COOKIE not in "".join(response.headers.getlist("Set-Cookie")):
        start(response, SignIn(user, g.session_id, None))


def end(response: Response) -> None:
    """Take the cookie away."""
    cookies.remove(response, COOKIE)
