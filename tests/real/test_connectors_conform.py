"""The built-in connectors pass the conformance test against real systems.

The sample connector, whose limits are short, also runs the checks that wait for timeouts.
"""

import pytest

from app.connectors.base import MonitorAccess
from app.connectors.conformance.failures import SLOW_CHECKS
from app.connectors.conformance.results import Outcome, Result
from app.connectors.conformance.run import CHECKS, name_of, run
from tests.real.zabbix_fill import ZabbixApi

pytestmark = pytest.mark.real

LIMIT_S = 150
WANTED = [name_of(check) for check in CHECKS if check not in SLOW_CHECKS]


def failures(type: str, access: MonitorAccess) -> list[Result]:
    results = [*run(type, access, LIMIT_S, WANTED)]
    assert {result.check for result in results} == {*WANTED}
    return [result for result in results if result.outcome is Outcome.FAILED]


def test_zabbix(zabbix_api: ZabbixApi) -> None:
    assert failures("zabbix", MonitorAccess(zabbix_api.url, "Admin", "zabbix")) == []


def test_prometheus(prometheus_url: str) -> None:
    assert failures("prometheus", MonitorAccess(prometheus_url)) == []
