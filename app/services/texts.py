"""What the leader does so that texts are found fast: it brings their index up to date."""

from app.store import text_index
from app.store.engine import Database

TEXTS_AT_ONCE = 1000
ROUNDS_A_TURN = 5
"""How often in a turn as many, so that a big pull does not keep the leader from its other work."""


class TextService:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def turn(self) -> None:
        """Bring the index up to date, or nearer to it after a big pull."""
        for _ in range(ROUNDS_A_TURN):
            with self._database.transaction() as connection:
                count = text_index.refresh(connection, TEXTS_AT_ONCE)
            if count < TEXTS_AT_ONCE:
                return
