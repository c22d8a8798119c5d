"""`nagare env`: makes celery, Flower and nagare in a shell use the instance that runs here."""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from app.cli.environment import read_settings
from app.cli.up import running
from app.cli.up.home import FLOWER_PASSWORD, Home
from app.cli.up.programs import FLOWER_ADDRESS, FLOWER_USER, FLOWER_VARIABLE
from app.errors import NotFound
from app.settings import CONFIG_VARIABLE, VARIABLES


@click.command()
def env() -> None:
    """Print the environment of the running nagare up, for: eval "$(nagare env)"

    The output contains secrets.
    """
    home = Home(read_settings().home)
    environment = running.find(home)
    if environment is None:
        raise NotFound(f"nagare up is not running in {home.path}: start it, or set NAGARE_HOME to its data folder")
    # A Flower that is started with it is protected like that of nagare up.
    flower = {FLOWER_VARIABLE: f"{FLOWER_USER}:{home.secret(FLOWER_PASSWORD)}", "FLOWER_ADDRESS": FLOWER_ADDRESS}
    for line in _lines({**flower, **environment}, os.environ):
        click.echo(line)


def _lines(environment: Mapping[str, str], present: Mapping[str, str]) -> Iterator[str]:
    """Yield the shell commands that turn the present environment into the other one."""
    for name in (*VARIABLES, CONFIG_VARIABLE):
        if name in present and name not in environment:
            yield f"unset {name}"
    programs = str(Path(sys.executable).parent)
    path = present.get("PATH", os.defpath)
    if programs not in path.split(os.pathsep):
        yield f"export PATH={shlex.quote(f'{programs}{os.pathsep}{path}')}"
    for name, value in environment.items():
        yield f"export {name}={shlex.quote(value)}"
