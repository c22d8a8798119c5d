"""`nagare rotate-key`: the last step of replacing NAGARE_SECRET_KEY."""

from dataclasses import asdict

import click

from app.cli.context import open_services
from app.cli.listing import AS_JSON, show_json
from app.errors import Conflict


@click.command("rotate-key")
@AS_JSON
def rotate_key(as_json: bool) -> None:
    """Encrypt all stored credentials with NAGARE_SECRET_KEY; decrypt the old ones with NAGARE_SECRET_KEY_OLD."""
    with open_services() as services:
        resealed = services.operation.key_rotation.reencrypt()
    if as_json:
        show_json(asdict(resealed))
    else:
        click.echo(f"Encrypted again: {resealed.renewed}. Already encrypted with NAGARE_SECRET_KEY: {resealed.kept}.")
    if resealed.lost:
        raise Conflict(f"neither key decrypts the credentials of {', '.join(resealed.lost)}: enter them again")
