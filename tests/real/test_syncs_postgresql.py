"""Parents and their children with a real PostgreSQL."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.ledger.test_syncs import *  # noqa: F403
from tests.services.ledger.test_syncs import family

__all__ = ["by", "family", "migrated", "monitor_id", "services", "time"]

pytestmark = pytest.mark.real
