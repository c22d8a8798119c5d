"""`nagare token` and `nagare tokens`: API tokens, without a password."""

import click

from app.cli.context import open_services
from app.cli.listing import AS_JSON, show
from app.cli.paging import every
from app.enums import Role, Scope
from app.services.access.audit import COMMAND_LINE

COLUMNS = {
    "id": "id",
    "user name": "username",
    "name": "name",
    "role": "role",
    "scopes": "scopes",
    "expires": "expires_at",
    "last used": "last_used_at",
}
ANYONE = {"id": 0, "role": Role.ADMIN}
"""Whoever runs a command can read the database anyway."""
ROLES = click.Choice([role.value for role in Role])
SCOPES = click.Choice([scope.value for scope in Scope])


@click.command()
@click.argument("username")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=1, show_default=True, help="Lifetime of the token in days."
)
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option("--role", type=ROLES, help="Defaults to the user's role, and cannot be higher.")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, help="Limit the token to this scope; can be repeated.")
def token(username: str, days: int, name: str, role: str | None, scopes: tuple[str, ...]) -> None:
    """Create an API token for a user and print it."""
    if not 0 < len(name) <= 100:
        raise click.UsageError("--name must have 1 to 100 characters")
    with open_services() as services:
        user = services.access.users.get_by_name(username)
        limits = {Scope(scope) for scope in scopes} or None
        made = services.access.api_tokens.issue(
            user, COMMAND_LINE, name=name, role=Role(role or user["role"]), scopes=limits, days=days
        )
    click.echo(made["token"])


@click.group()
def tokens() -> None:
    """List and revoke API tokens."""


@tokens.command("list")
@AS_JSON
def list_tokens(as_json: bool) -> None:
    """List all tokens, newest first."""
    with open_services() as services:
        rows = list(every(lambda page: services.access.api_tokens.list(page, ANYONE)))
    plain = [{**row, "scopes": " ".join(row["scopes"]) if row["scopes"] else None} for row in rows]
    show(rows if as_json else plain, COLUMNS, as_json, "There are no tokens.")


@tokens.command()
@click.argument("token_id", type=int)
def revoke(token_id: int) -> None:
    """Revoke a token by its id."""
    with open_services() as services:
        revoked = services.access.api_tokens.revoke(token_id, None, COMMAND_LINE)
    click.echo(f"Revoked {revoked['name']} of {revoked['username']}.")
