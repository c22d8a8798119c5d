"""The health score with a real PostgreSQL."""

import pytest

from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.alerts.test_scores import *  # noqa: F403
from tests.services.alerts.test_scores import hosts, other_id
from tests.services.scores.test_score_causes import *  # noqa: F403
from tests.services.scores.test_score_causes import alert_ids
from tests.services.scores.test_score_changes import *  # noqa: F403

__all__ = ["alert_ids", "by", "hosts", "migrated", "monitor_id", "other_id", "services", "time"]

pytestmark = pytest.mark.real
