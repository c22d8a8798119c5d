"""The garbage collector as a worker's processes have it: see tasks/garbage_collection.py."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 50_000


@contextmanager
def as_in_a_worker() -> Iterator[None]:
    """Leave alone what is there already, and look at young objects seldom."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
