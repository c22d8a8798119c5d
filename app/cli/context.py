"""The services of a command: of the configured instance, or of the data folder of `nagare up`."""

from collections.abc import Iterator
from contextlib import contextmanager

from app import logs
from app.cli.environment import complete, read_settings
from app.cli.up.embedded_valkey import last_socket
from app.cli.up.home import SECRET_KEY, Home
from app.composition import Services, build


@contextmanager
def open_services() -> Iterator[Services]:
    """Yield the services of the instance that the settings, or the data folder, name. Raises SettingsError."""
    logs.configure_command()
    settings = read_settings()
    home = Home(settings.home)
    services = build(complete(settings, home.read(SECRET_KEY), last_socket(home)), name="nagare command")
    try:
        yield services
    finally:
        services.close()
