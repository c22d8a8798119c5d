"""The `nagare` command line: its commands, and how their errors are told."""

import os
import sys

import click

from app import __version__
from app.cli.auth import token
from app.cli.dead_letters import dead
from app.cli.migrate import migrate
from app.cli.pull import pull
from app.cli.queues import queue, stats, workers
from app.cli.schedules import schedules
from app.cli.smoke.command import smoke
from app.cli.tasks import tasks
from app.cli.up import up
from app.cli.users import user
from app.errors import Invalid, NagareError, SettingsError

WRONG_SETTINGS = 2
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nagare")
def nagare() -> None:
    """One API over several monitoring systems; every pull is a task that is never lost."""


for _command in (up, migrate, user, token, pull, tasks, queue, workers, dead, schedules, stats, smoke):
    nagare.add_command(_command)


def main() -> int:
    """Run the command line; return the exit code: 2 for a wrong setting or usage, 1 for what else failed."""
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
        # `nagare dead list | head`: the interpreter must not flush into the closed pipe once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
