"""How a process of the HTTP door begins: with settings that hold, or not at all."""

import sys

from app.errors import SettingsError
from app.settings import Settings, load_settings

EXIT_CODE = 2


def settings_or_exit() -> Settings:
    """Return the settings; ends the process with one line and exit code 2 when they do not hold."""
    try:
        settings = load_settings()
        settings.require_secret_key()
    except SettingsError as error:
        print(f"nagare: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(EXIT_CODE) from None
    return settings
