"""Pages in a real PostgreSQL, where locks are held by row: who is paged, and crashes between every two steps."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.paging.conftest import inbox, stage
from tests.services.paging.test_page_crashes import *  # noqa: F403
from tests.services.paging.test_page_crashes import PLACES, arm
from tests.services.paging.test_paging import *  # noqa: F403
from tests.services.paging.test_paging import li, wang

__all__ = ["arm", "by", "inbox", "li", "migrated", "monitor_id", "services", "stage", "time", "wang"]

pytestmark = pytest.mark.real


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:  # type: ignore[no-redef] # fewer crashes than there
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", range(1, PLACES + 1, 4))
