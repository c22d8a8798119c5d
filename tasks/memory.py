"""Lets a worker's children share its memory."""

import gc
from typing import Any

from celery.signals import worker_before_create_process


@worker_before_create_process.connect
def _freeze(**_: Any) -> None:
    """Have the collector leave alone what is shared: by looking at an object it would copy its page."""
    gc.collect()
    gc.freeze()
