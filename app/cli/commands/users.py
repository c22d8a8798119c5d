"""`nagare user`: accounts, even when nobody can sign in any more."""

import secrets
from collections.abc import Mapping
from typing import Any

import click

from app.cli.context import open_services
from app.cli.listing import AS_JSON, show
from app.cli.paging import every
from app.composition import Services
from app.enums import Role
from app.errors import NotFound

COLUMNS = {"id": "id", "user name": "username", "role": "role", "enabled": "enabled", "created": "created_at"}
PASSWORD = click.option(
    "--password", help="Prompted for if omitted; other users can read a command line. - generates one and prints it."
)


@click.group()
def user() -> None:
    """List and change users."""


@user.command("list")
@AS_JSON
def list_users(as_json: bool) -> None:
    """List all users."""
    with open_services() as services:
        rows = list(every(services.access.users.list))
    show(rows, COLUMNS, as_json, "There are no users.")


@user.command()
@click.argument("username")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.VIEWER.value, show_default=True)
@PASSWORD
def add(username: str, role: str, password: str | None) -> None:
    """Add a user."""
    with open_services() as services:
        services.access.users.create(username, _choose(password), Role(role))
    click.echo(f"Added {username}, {role}.")


@user.command()
@click.argument("username")
@PASSWORD
@click.option("--revoke-tokens", is_flag=True, help="Also revoke the user's API tokens; a new password alone does not.")
def passwd(username: str, password: str | None, revoke_tokens: bool) -> None:
    """Set a user's password. This ends the user's sessions."""
    with open_services() as services:
        found = _find(services, username)
        changes = {"password": _choose(password)}
        changed = services.access.users.update(found["id"], changes, revoke_tokens=revoke_tokens)
    left = (
        f" API tokens that are still valid: {changed['api_tokens']} (--revoke-tokens revokes them)."
        if changed["api_tokens"]
        else ""
    )
    click.echo(f"Changed the password of {username}.{left}")


@user.command()
@click.argument("username")
def remove(username: str) -> None:
    """Remove a user."""
    with open_services() as services:
        services.access.users.delete(_find(services, username)["id"])
    click.echo(f"Removed {username}.")


def _find(services: Services, username: str) -> Mapping[str, Any]:
    for row in every(services.access.users.list):
        if row["username"] == username:
            return row
    raise NotFound(f"there is no user {username}")


def _choose(password: str | None) -> str:
    if password == "-":  # noqa: S105 - means: generate one
        password = secrets.token_urlsafe(12)
        click.echo(f"Password: {password}")
    return password or str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
