"""Signing in and out."""

from flask import Response, g, request

from app.enums import Role
from app.errors import TooManyRequests, Unauthorized
from app.web.access import PUBLIC
from app.web.context import current_session_id, services
from app.web.dashboard import session
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.forms import back, read_form
from app.web.schemas.auth import LoginSchema


@dashboard.page("/sign-in", role=PUBLIC)
def sign_in() -> Response:
    """Show the form; who is signed in needs none."""
    session_id = session.find_or_none()
    if session_id is not None:
        try:
            services().auth.identify(session_id)
            return Response(status=303, headers={"Location": back("/")})
        except Unauthorized:
            pass
    response = Response(render("sign_in", back=back("/")))
    if session.COOKIE in request.cookies:
        session.end(response)
    return response


@dashboard.action("/sign-in", role=PUBLIC)
def send_sign_in() -> Response:
    """Sign in and go where the user wanted to."""
    form = read_form(LoginSchema)
    try:
        signed_in = services().auth.login(form["username"], form["password"], request.remote_addr or "")
    except (Unauthorized, TooManyRequests) as error:
        return _refuse(error, form["username"])
    response = Response(status=303, headers={"Location": back("/")})
    session.start(response, signed_in)
    return response


@dashboard.action("/sign-out", role=Role.VIEWER)
def sign_out() -> Response:
    """End the session."""
    services().auth.logout(current_session_id())
    g.user = None
    response = Response(status=303, headers={"Location": "/sign-in"})
    session.end(response)
    return response


def _refuse(error: Unauthorized | TooManyRequests, username: str) -> Response:
    wait_s = error.retry_after_s if isinstance(error, TooManyRequests) else None
    page = render("sign_in", back=back("/"), username=username, is_wrong=True, wait_s=wait_s)
    if wait_s is None:
        return Response(page, 401)
    return Response(page, 429, {"Retry-After": str(wait_s)})
