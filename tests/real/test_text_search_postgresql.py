"""Searches on a real PostgreSQL."""

import pytest

from tests.store.conftest import connection, database, migrated
from tests.store.database.test_text_search import *  # noqa: F403

__all__ = ["connection", "database", "migrated"]

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def sql_url(postgres_url: str) -> str:
    return postgres_url
