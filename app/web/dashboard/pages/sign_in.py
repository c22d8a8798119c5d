"""Signing in and out."""

from flask import Response, g, request

from app.enums import Role
from app.errors import Overloaded, TooManyRequests, Unauthorized
from app.web.access import PUBLIC
from app.web.context import current_session_id, services
from app.web.dashboard import cookies, csrf, formats, session
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.forms import back, read_form
from app.web.dashboard.translation import translate
from app.web.problems import RETRY_AFTER_S
from app.web.schemas.auth import LoginSchema


@dashboard.page("/sign-in", role=PUBLIC)
def sign_in() -> Response:
    """Show the form; redirect a user who is already signed in."""
    session_id = session.find_or_none()
    if session_id is not None:
        try:
            services().access.auth.identify(session_id)
            return Response(status=303, headers={"Location": back("/")})
        except Unauthorized:
            csrf.forget_session()
    response = Response(render("sign_in", back=back("/")))
    if cookies.read(session.COOKIE) is not None:
        session.end(response)
    return response


@dashboard.action("/sign-in", role=PUBLIC)
def send_sign_in() -> Response:
    """Sign in and go to the page that the user wanted."""
    form = read_form(LoginSchema)
    try:
        signed_in = services().access.auth.login(form["username"], form["password"], request.remote_addr or "")
    except (Unauthorized, TooManyRequests, Overloaded) as error:
        return _refuse(error, form["username"])
    response = Response(status=303, headers={"Location": back("/")})
    session.start(response, signed_in)
    return response


@dashboard.action("/sign-out", role=Role.VIEWER)
def sign_out() -> Response:
    """Sign out."""
    services().access.auth.logout(current_session_id())
    g.user = None
    response = Response(status=303, headers={"Location": "/sign-in"})
    session.end(response)
    return response


def _refuse(error: Unauthorized | TooManyRequests | Overloaded, username: str) -> Response:
    if isinstance(error, Unauthorized):
        return Response(_form_again(username, translate("sign_in.wrong")), 401)
    if isinstance(error, Overloaded):
        return Response(_form_again(username, translate("sign_in.busy")), 503, {"Retry-After": str(RETRY_AFTER_S)})
    message = translate("sign_in.wait", duration=formats.duration(error.retry_after_s))
    return Response(_form_again(username, message), 429, {"Retry-After": str(error.retry_after_s)})


def _form_again(username: str, message: str) -> str:
    return render("sign_in", back=back("/"), username=username, message=message)
