"""`nagare up`: the whole product on one machine, in one terminal, from an empty folder.

It checks the settings first, then starts Valkey, migrates the schema, starts the processes, and creates the first user
and the demo fleet.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click

from app.cli.environment import complete, environment_of, exports_of, read_settings
from app.cli.up import embedded_valkey, programs, running
from app.cli.up.home import FLOWER_PASSWORD, SECRET_KEY, Home
from app.cli.up.listener import listen
from app.cli.up.output import Output
from app.cli.up.preparation import Preparation
from app.cli.up.supervisor import Supervisor
from app.cli.up.welcome import reachable_host, welcome
from app.errors import SettingsError
from app.settings import Settings

VALKEY_READY_S = 60
WEB_READY_S = 60


@click.command()
@click.option("--flower", "with_flower", is_flag=True, help="Also run Flower, with a generated password.")
def up(with_flower: bool) -> None:
    """Run all of nagare on this machine until Ctrl-C."""
    given = read_settings()
    home = Home(given.home)
    home.create()
    lock_fd = home.lock()
    secret_key = None if given.secret_key.get_secret_value() else home.secret(SECRET_KEY)
    valkey = None if given.is_redis_set else embedded_valkey.choose_socket(home)
    settings = complete(given, secret_key, valkey)
    if with_flower:
        _refuse_open_flower()
        listen(programs.FLOWER_ADDRESS, programs.FLOWER_PORT, "--flower").close()
    with closing(listen(settings.bind, settings.port, "NAGARE_BIND, NAGARE_PORT")) as listener, Output() as output:
        with Supervisor(output, lock_fd) as supervisor:
            try:
                with running.announced(home, _environment_for_others(settings)):
                    with _prepare(settings, lock_fd) as preparation:
                        if valkey is not None:
                            _start_valkey(supervisor, home, valkey)
                        preparation.wait_for_schema()
                        flower = _start_programs(supervisor, settings, home, listener, with_flower)
                        supervisor.wait_until(lambda: _is_answering(settings), "the API responded", WEB_READY_S)
                        made = preparation.take_first_steps()
                    output.print(welcome(settings, made, flower))
                    supervisor.watch()
            except KeyboardInterrupt:
                output.say("stopping; Ctrl-C again to kill")
        output.say("stopped")


def _prepare(settings: Settings, lock_fd: int) -> Preparation:
    """Start to prepare the database, in parallel with the start of Valkey."""
    environment = {**environment_of(settings), "NAGARE_ADMIN_PASSWORD": settings.admin_password.get_secret_value()}
    is_demo_wanted = settings.demo or "demo" not in settings.model_fields_set
    return Preparation(environment, lock_fd, is_demo_wanted=is_demo_wanted)


def _start_valkey(supervisor: Supervisor, home: Home, socket_path: Path) -> None:
    supervisor.start(embedded_valkey.valkey_program(home, socket_path))
    what = f"it responded; see {embedded_valkey.log_path(home)}"
    supervisor.wait_until(lambda: embedded_valkey.is_answering(socket_path), what, VALKEY_READY_S)


def _start_programs(
    supervisor: Supervisor, settings: Settings, home: Home, listener: socket.socket, with_flower: bool
) -> str | None:
    """Start the API, the worker and Flower; return how to reach Flower."""
    environment = environment_of(settings)
    supervisor.start(programs.web(environment, listener.fileno()))
    supervisor.start(programs.worker(environment, settings.worker_concurrency))
    if not with_flower:
        return None
    basic_auth, who = _flower_access(home)
    supervisor.start(programs.flower(environment, basic_auth))
    return f"http://{programs.FLOWER_ADDRESS}:{programs.FLOWER_PORT}   ({who})"


def _environment_for_others(settings: Settings) -> Mapping[str, str]:
    """Return the environment with which other terminals use this instance."""
    given = {name: os.environ[name] for name in (programs.FLOWER_VARIABLE,) if os.environ.get(name)}
    return {**exports_of(settings), **given}


def _refuse_open_flower() -> None:
    """Raise SettingsError for a FLOWER_BASIC_AUTH that Flower would not understand."""
    given = os.environ.get(programs.FLOWER_VARIABLE)
    if given and not all(all(entry.partition(":")[::2]) for entry in given.split(",")):
        raise SettingsError(f"{programs.FLOWER_VARIABLE}: must look like user:password")


def _flower_access(home: Home) -> tuple[str, str]:
    """Return Flower's `user:password` and what to print about it: a password is shown if this start generated it."""
    given = os.environ.get(programs.FLOWER_VARIABLE)
    if given:
        return given, f"user and password from {programs.FLOWER_VARIABLE}"
    is_new = home.read(FLOWER_PASSWORD) is None
    password = home.secret(FLOWER_PASSWORD)
    shown = f"password {password}, shown only now" if is_new else f"password in {home.path / FLOWER_PASSWORD}"
    return f"{programs.FLOWER_USER}:{password}", f"user {programs.FLOWER_USER}, {shown}"


def _is_answering(settings: Settings) -> bool:
    with closing(HTTPConnection(reachable_host(settings), settings.port, timeout=1)) as connection:
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
