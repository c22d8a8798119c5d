"""What this browser prefers: language, theme and time zone, each in a cookie."""

from zoneinfo import ZoneInfo

from flask import request

from app.web.dashboard import cookies

LANGUAGES = ("en", "zh")
THEMES = ("auto", "light", "dark")
LANGUAGE_COOKIE = "nagare_language"
THEME_COOKIE = "nagare_theme"
WELCOME_COOKIE = "nagare_welcome"
HIDDEN = "hidden"
ZONE_COOKIE = "nagare_zone"
"""The time zone's name; the page's script sets it."""
UTC = ZoneInfo("UTC")


def language() -> str:
    """Return the chosen language, by default the one that the browser asks for."""
    chosen = cookies.read(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"


def theme() -> str:
    """Return the chosen theme; `auto` follows the system."""
    chosen = cookies.read(THEME_COOKIE)
    return chosen if chosen in THEMES else "auto"


def is_welcome_hidden() -> bool:
    """Return whether the visitor has closed the first steps."""
    return cookies.read(WELCOME_COOKIE) == HIDDEN


def zone() -> ZoneInfo:
    """Return the time zone in which times are shown and read."""
    name = request.cookies.get(ZONE_COOKIE, "UTC")
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # KeyError: there is no such time zone
        return UTC
