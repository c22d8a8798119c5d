"""The common part of all peers' producers: send tasks from as many threads as a busy web server has, and time it."""

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

THREADS = 8


def produce(send: Callable[[], object]) -> None:
    """Send the number of tasks on the command line; print when the first was sent and the last had been, as JSON.

    The times are from the machine's monotonic clock, which all processes share.
    """
    count = int(sys.argv[1])

    def send_some(number: int) -> None:
        for _ in range(number, count, THREADS):
            send()

    begun_at = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send_some, range(THREADS)))
    print(json.dumps({"begun_at": begun_at, "accepted_at": time.monotonic()}))
