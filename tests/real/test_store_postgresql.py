"""The store's suite on a real PostgreSQL."""

import pytest

from tests.store.conftest import connection, database, migrated
from tests.store.test_alert_sums import *  # noqa: F403
from tests.store.test_alerts import *  # noqa: F403
from tests.store.test_due import *  # noqa: F403
from tests.store.test_engine import *  # noqa: F403
from tests.store.test_inventory import *  # noqa: F403
from tests.store.test_item_values import *  # noqa: F403
from tests.store.test_migrations import *  # noqa: F403
from tests.store.test_task_runs import *  # noqa: F403

__all__ = ["connection", "database", "migrated"]

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def sql_url(postgres_url: str) -> str:
    return postgres_url
