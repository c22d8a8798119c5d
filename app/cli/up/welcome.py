"""What `nagare up` prints when it is ready: URLs, the login, and commands to try that work as printed."""

import json
import shlex
import sys
from pathlib import Path

from app.cli.up.preparation import FirstSteps
from app.settings import Settings

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - names them, binds nothing
TAKE_OUT_TOKEN = """sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/'"""  # noqa: S105 - a sed script


def address(settings: Settings) -> str:
    """Return the URL under which this machine reaches the API."""
    host = reachable_host(settings)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def reachable_host(settings: Settings) -> str:
    """Return the host under which this machine reaches the API."""
    return EVERY_ADDRESS.get(settings.bind, settings.bind)


def welcome(settings: Settings, made: FirstSteps, flower: str | None) -> str:
    """Return the whole text; it contains the password if this start generated it."""
    url = address(settings)
    rows = {
        "address": url,
        "docs": f"{url}/docs",
        "user": settings.admin_username,
        "password": made.generated_password and f"{made.generated_password}   (shown only now)",
        "flower": flower,
        "data": str(settings.home),
    }
    head = [f"  {name:<10}{value}" for name, value in rows.items() if value]
    lines = [f"  {line}" for line in _to_try(settings, made)]
    return "\n".join(
        [
            "",
            "nagare is ready",
            *head,
            "",
            "To use celery and nagare with this instance, in another terminal:",
            f'  eval "$({_nagare(settings)} env)"',
            "  celery -A tasks inspect ping",
            "",
            "To try it, in another terminal:",
            *lines,
            "",
            "Press Ctrl-C to stop.",
            "",
            "",
        ]
    )


def _to_try(settings: Settings, made: FirstSteps) -> list[str]:
    url = address(settings)
    api = f"""curl -s -H "Authorization: Bearer $TOKEN" {url}/api/v1"""
    lines = [f"TOKEN=$({_sign_in(settings, made)})"]
    if made.monitor_id is not None:
        lines.append(f"{api}/monitors/{made.monitor_id}/hosts/pull-async -X POST")
    lines += [f"{api}/queue/stats", f"{api}/hosts?limit=3", f"{_nagare(settings)} smoke --url {url} --token $TOKEN"]
    return lines


def _sign_in(settings: Settings, made: FirstSteps) -> str:
    """Return a command that prints a token: a login if the password is known, else one that needs none."""
    if not made.generated_password:
        return f"{_nagare(settings)} token {shlex.quote(settings.admin_username)}"
    body = json.dumps({"username": settings.admin_username, "password": made.generated_password})
    login = f"{address(settings)}/api/v1/auth/login"
    return f"curl -s {login} -H 'Content-Type: application/json' -d {shlex.quote(body)} | {TAKE_OUT_TOKEN}"


def _nagare(settings: Settings) -> str:
    """Return how to call this `nagare` for this data folder, from the folder in which it was started."""
    program = Path(sys.argv[0])
    here = Path.cwd()
    command = shlex.quote(str(program.relative_to(here) if program.is_relative_to(here) else program))
    is_default_home = settings.home == here / "var"
    return command if is_default_home else f"NAGARE_HOME={shlex.quote(str(settings.home))} {command}"
