"""`nagare migrate`: run once per release, before the new version starts."""

import click

from app import logs
from app.cli.context import open_services
from app.cli.environment import read_settings
from app.cli.up.home import Home
from app.store.operation.migrate import upgrade


@click.command()
def migrate() -> None:
    """Migrate the database to the newest schema.

    If NAGARE_ADMIN_PASSWORD is set and there is no user yet, also create the first user.
    """
    logs.configure_command()
    settings = read_settings()
    if settings.sql_url.startswith("sqlite"):
        Home(settings.home).create()
    upgrade(settings.sql_url)
    click.echo("The database is up to date.")
    password = settings.admin_password.get_secret_value()
    if not password:
        return
    with open_services() as services:
        if services.access.users.ensure_admin(settings.admin_username, password):
            click.echo(f"Created the first user, {settings.admin_username}.")
