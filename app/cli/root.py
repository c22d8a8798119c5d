"""The `nagare` command line: its commands and its error output."""

import os
import sys
from importlib import import_module

import click

from app import __version__
from app.errors import Invalid, NagareError, SettingsError

WRONG_SETTINGS = 2
INTERRUPTED = 130
MODULES = {
    "connector": "app.cli.commands.connectors",
    "copy-db": "app.cli.commands.copy_db",
    "dead": "app.cli.commands.dead_letters",
    "env": "app.cli.commands.env",
    "heartbeats": "app.cli.commands.heartbeats",
    "migrate": "app.cli.commands.migrate",
    "monitor": "app.cli.commands.monitors",
    "prepare": "app.cli.commands.prepare",
    "pull": "app.cli.commands.pull",
    "queue": "app.cli.commands.queues",
    "rotate-key": "app.cli.commands.rotate_key",
    "schedules": "app.cli.commands.schedules",
    "smoke": "app.cli.smoke.command",
    "stats": "app.cli.commands.queues",
    "tasks": "app.cli.commands.tasks",
    "token": "app.cli.commands.tokens",
    "tokens": "app.cli.commands.tokens",
    "up": "app.cli.up.command",
    "user": "app.cli.commands.users",
    "workers": "app.cli.commands.queues",
}
"""The module of each command."""


class Commands(click.Group):
    """Imports a command when it is used: `nagare up` runs for weeks with a tenth of what all commands need."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Return the commands' names."""
        return [*MODULES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command."""
        return getattr(import_module(MODULES[cmd_name]), cmd_name.replace("-", "_")) if cmd_name in MODULES else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nagare")
def nagare() -> None:
    """One API over several monitoring systems, with background tasks that are never lost."""


def main() -> int:
    """Run the command line; return the exit code: 2 for a wrong setting or usage, 1 for other failures."""
    # Files that a command writes are private: databases, copies of them, secrets.
    os.umask(0o077)
    try:
        return int(nagare.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except NagareError as error:
        field = f"{error.field}: " if isinstance(error, Invalid) else ""
        click.echo(f"nagare: {field}{' '.join(str(error).split())}", err=True)
        return WRONG_SETTINGS if isinstance(error, SettingsError) else 1
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # `nagare dead list | head`: the interpreter must not flush to the closed pipe again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
