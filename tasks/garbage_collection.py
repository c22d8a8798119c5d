"""Lets a worker's children share its memory, and look for garbage less often."""

import gc
from typing import Any

from celery.signals import worker_before_create_process

YOUNG_OBJECTS = 50_000
"""How many new objects make the collector look for cycles, 700 by default: the tens of thousands that a page of items
is made of hold none, and to look at them again and again is a tenth of a pull's work."""


@worker_before_create_process.connect
def _freeze(**_: Any) -> None:
    """Have the collector leave alone what is shared: by looking at an object it would copy its page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
