"""What the leader does so that texts are found fast: it brings their index up to date."""

from app import clock
from app.store.database import text_index
from app.store.database.engine import Database

TEXTS_AT_ONCE = 1000
LONGEST_TURN_S = 0.1
"""After that no more are begun, so that a big pull does not keep the leader from its other work."""


class TextService:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def turn(self) -> None:
        """Bring the index up to date, or nearer to it after a big pull."""
        give_up_at = clock.monotonic() + LONGEST_TURN_S
        count = TEXTS_AT_ONCE
        while count == TEXTS_AT_ONCE and clock.monotonic() <= give_up_at:
            with self._database.transaction() as connection:
                count = text_index.refresh(connection, TEXTS_AT_ONCE)
