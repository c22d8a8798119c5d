"""The switches for language and theme, the columns of the list of alerts, and what a visitor wants to see no more."""

from flask import Response, request

from app.web.access import PUBLIC
from app.web.dashboard import cookies
from app.web.dashboard.alert_list import COLUMNS, COLUMNS_COOKIE
from app.web.dashboard.blueprint import dashboard
from app.web.dashboard.forms import back
from app.web.dashboard.visitor_settings import (
    HIDDEN,
    LANGUAGE_COOKIE,
    LANGUAGES,
    THEME_COOKIE,
    THEMES,
    WELCOME_COOKIE,
)

YEAR_S = 365 * 86400
CHOICES = {
    "language": (LANGUAGE_COOKIE, LANGUAGES),
    "theme": (THEME_COOKIE, THEMES),
    "welcome": (WELCOME_COOKIE, (HIDDEN,)),
}


@dashboard.action("/preferences", role=PUBLIC)
def set_preferences() -> Response:
    """Store the choice and go back."""
    response = Response(status=303, headers={"Location": back("/")})
    for field, (cookie, choices) in CHOICES.items():
        chosen = request.form.get(field)
        if chosen in choices:
            cookies.put(response, cookie, chosen, YEAR_S)
    if "alert_columns" in request.form:
        columns = [name for name in request.form.getlist("alert_columns") if name in COLUMNS]
        cookies.put(response, COLUMNS_COOKIE, ".".join(columns), YEAR_S)
    return response
