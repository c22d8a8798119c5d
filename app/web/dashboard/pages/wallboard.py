"""The wallboard: a page for a screen on the wall, opened by a token that opens nothing else.

Its views are public to the access control and let in by themselves: a session, or the cookie with a wallboard's token,
which no other view reads.
"""

from flask import Response

from app import clock
from app.enums import OPEN_STATUSES
from app.errors import Unauthorized
from app.store.database.pages import PageRequest
from app.web.access import PUBLIC
from app.web.context import services
from app.web.dashboard import cookies, session
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import read_form, read_query
from app.web.dashboard.heat_map import heat_map
from app.web.lists import WORST_FIRST
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Text, query_id

COOKIE = "nagare_wallboard"
SHOWN = PageRequest(limit=8)
MAX_AGE_S = 400 * 86400
"""Browsers keep no cookie for longer."""


class WallboardQuerySchema(RequestSchema):
    """What the wallboard is about; nothing for everything."""

    monitor_id = query_id()


class WallboardTokenSchema(RequestSchema):
    """The token that opens the wallboard."""

    token = Text(min=1, max=200, required=True)


@dashboard.page("/wallboard", role=PUBLIC)
def wallboard() -> str:
    """Show score, open alerts, hosts and the worst alerts, big enough to be read from afar."""
    _let_in()
    scope = read_query(WallboardQuerySchema)
    health = services().console.wallboard.host_health(**scope)
    worst = services().alerts.alerts.list(
        SHOWN, status=tuple(map(int, OPEN_STATUSES)), suppressed=False, sort=WORST_FIRST, **scope
    )
    return render(
        "wallboard",
        score=services().alerts.scores.score(**scope),
        health=health,
        map=heat_map({int(status): count for status, count in health.counts.items()}),
        alerts=worst.items,
        now=clock.now(),
    )


@dashboard.page("/wallboard/open", role=PUBLIC)
def open_wallboard() -> str:
    """Show the form that takes the token; a script fills it in from the link, where no log sees it."""
    return render("wallboard_open")


@dashboard.action("/wallboard/open", role=PUBLIC)
def take_wallboard_token() -> Response:
    """Keep the token in a cookie and show the wallboard."""
    token = read_form(WallboardTokenSchema)["token"].strip()
    try:
        found = services().access.api_tokens.find_wallboard(token)
    except Unauthorized:
        return lead_to("/wallboard/open", "flash.wallboard_refused", "bad")
    response = Response(status=303, headers={"Location": "/wallboard"})
    left_s = int((found["expires_at"] - clock.now()).total_seconds())
    cookies.put(response, COOKIE, token, min(left_s, MAX_AGE_S))
    return response


def _let_in() -> None:
    """Raise Unauthorized unless the visitor has a session or a wallboard's token."""
    session_id = session.find_or_none()
    token = cookies.read(COOKIE)
    if session_id is not None:
        try:
            services().access.auth.identify(session_id)
            return
        except Unauthorized:
            if token is None:
                raise
    if token is None:
        raise Unauthorized("the wallboard requires a session or its token")
    services().access.api_tokens.find_wallboard(token)
