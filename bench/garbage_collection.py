"""The garbage collector settings of a worker's processes: see tasks/garbage_collection.py."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 50_000


@contextmanager
def as_in_a_worker() -> Iterator[None]:
    """Freeze the existing objects, and collect young objects rarely."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
