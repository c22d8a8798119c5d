"""Makes a worker's children share its memory, and collect garbage less often."""

import gc
from typing import Any

from celery.signals import worker_before_create_process

YOUNG_OBJECTS = 50_000
"""New objects before the collector looks for cycles, 700 by default: the tens of thousands of objects of a page of
items have no cycles, and scanning them again and again is a tenth of a pull's work."""


@worker_before_create_process.connect
def _freeze(**_: Any) -> None:
    """Exclude shared objects from collection: scanning an object would copy its page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
