"""`nagare rotate-key`: the last step of a change of NAGARE_SECRET_KEY."""

from dataclasses import asdict

import click

from app.cli.context import open_services
from app.cli.listing import AS_JSON, show_json
from app.errors import Conflict


@click.command("rotate-key")
@AS_JSON
def rotate_key(as_json: bool) -> None:
    """Seal all stored credentials with NAGARE_SECRET_KEY; those of NAGARE_SECRET_KEY_OLD are opened with that."""
    with open_services() as services:
        resealed = services.operation.secret_rotation.reseal()
    if as_json:
        show_json(asdict(resealed))
    else:
        click.echo(f"Sealed anew: {resealed.renewed}. Sealed with NAGARE_SECRET_KEY before: {resealed.kept}.")
    if resealed.lost:
        raise Conflict(f"neither key opens the credentials of {', '.join(resealed.lost)}: enter them again")
