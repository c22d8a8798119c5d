"""`nagare token`: an access token for scripts, without a password."""

import click

from app.cli.context import open_services
from app.web.tokens import make_tokens

DAY_S = 24 * 60 * 60


@click.command()
@click.argument("username")
@click.option("--days", type=click.IntRange(1, 3650), default=1, show_default=True, help="How long the token is good.")
def token(username: str, days: int) -> None:
    """Print an access token of a user."""
    with open_services() as services:
        sign_in = services.auth.issue_token(username, days)
        tokens = make_tokens(services.settings, sign_in, access_token_s=days * DAY_S)
    click.echo(tokens["access_token"])
