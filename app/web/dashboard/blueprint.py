"""Decorators for pages and for the actions of their buttons; each declares who may call it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from flask import Blueprint, Response, g, render_template, request

from app.enums import Role
from app.web.access import PUBLIC, View, declare_role, find_session_by
from app.web.dashboard import csrf, flash, formats, fragments, live_subjects, session, visitor_settings
from app.web.dashboard.navigation import NAVIGATION
from app.web.dashboard.task_words import error_text, progress_text
from app.web.dashboard.translation import (
    status_text,
    translate,
    translate_or,
    translated_delivery_reason,
    translated_description,
    translated_message,
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

Access = Role | Literal["public"]


class Dashboard(Blueprint):
    """A blueprint that identifies callers by a cookie, and whose actions require the token of a form of ours."""

    def page(self, rule: str, *, role: Access) -> Callable[[View], View]:
        """Register a view that shows a page."""
        return self._register(rule, role, "GET")

    def action(self, rule: str, *, role: Access) -> Callable[[View], View]:
        """Register a view that changes something and redirects to a page with the outcome."""
        return self._register(rule, role, "POST")

    def _register(self, rule: str, role: Access, method: str) -> Callable[[View], View]:
        def register(view: View) -> View:
            @wraps(view)
            def run(**arguments: Any) -> Any:
                if method == "POST":
                    csrf.check(is_public=role == PUBLIC)
                return view(**arguments)

            known = find_session_by(session.find)(declare_role(role)(run))
            self.add_url_rule(rule, view.__name__, known, methods=[method])
            return view

        return register


dashboard = Dashboard("dashboard", __name__)


def render(template: str, **context: Any) -> str:
    """Return a page, only its content when htmx asks for it, or one part of it when an open page fetches that again."""
    part = fragments.wanted()
    if part is not None:
        return fragments.cut(render_template(f"dashboard/{template}.html", layout=fragments.LAYOUT, **context), part)
    is_content = request.headers.get("HX-Request") == "true"
    layout = "dashboard/part.html" if is_content else "dashboard/page.html"
    return render_template(f"dashboard/{template}.html", layout=layout, **context)


@dashboard.context_processor
def words() -> dict[str, Any]:
    """Return what every template may use."""
    user = g.get("user")
    return {
        "t": translate,
        "t_or": translate_or,
        "message_text": translated_message,
        "description_text": translated_description,
        "status_text": status_text,
        "error_text": error_text,
        "progress_text": progress_text,
        "delivery_reason": translated_delivery_reason,
        "language": visitor_settings.language(),
        "theme": visitor_settings.theme(),
        "user": user,
        "can": lambda role: user is not None and Role(user["role"]).includes(Role(role)),
        "navigation": NAVIGATION,
        "csrf_token": csrf.token,
        "flashes": flash.take,
        "here": request.full_path.removesuffix("?"),
        "live_subjects": live_subjects.of_page,
        "number": formats.number,
        "moment": formats.moment,
        "ago": formats.ago,
        "duration": formats.duration,
        "quantity": formats.quantity,
        "pairs": lambda words, kind="": [(word, translate(f"{kind}.{word}") if kind else word) for word in words],
    }


@dashboard.after_request
def finish(response: Response) -> Response:
    """Add the headers and cookies of a page."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    # With no policy at all, browsers would send our own forms without an Origin header.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    # A part and the whole page have the same URL: a cache must not return one for the other.
    response.vary.add("HX-Request")
    csrf.keep_visitor(response)
    session.renew(response)
    flash.clear(response)
    return fragments.spare(response)
