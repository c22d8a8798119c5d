"""What all peers' producers do alike: send tasks one by one, as a program would, and tell when."""

import json
import sys
import time
from collections.abc import Callable


def produce(send: Callable[[], object]) -> None:
    """Send as many tasks as the command line says; print when the first one was and after the last, as JSON.

    The times are of the machine's monotonic clock, which all processes share.
    """
    count = int(sys.argv[1])
    begun_at = time.monotonic()
    for _ in range(count):
        send()
    print(json.dumps({"begun_at": begun_at, "accepted_at": time.monotonic()}))
