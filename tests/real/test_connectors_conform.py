"""The built-in connectors pass the conformance test against real systems, that of time-outs too."""

import pytest

from app.connectors.base import MonitorAccess
from app.connectors.conformance.results import Outcome, Result
from app.connectors.conformance.run import CHECKS, run
from tests.real.zabbix_fill import ZabbixApi

pytestmark = pytest.mark.real

LIMIT_S = 150


def failures(type: str, access: MonitorAccess) -> list[Result]:
    results = [*run(type, access, LIMIT_S)]
    assert len(results) == len(CHECKS)
    return [result for result in results if result.outcome is Outcome.FAILED]


def test_zabbix(zabbix_api: ZabbixApi) -> None:
    assert failures("zabbix", MonitorAccess(zabbix_api.url, "Admin", "zabbix")) == []


def test_prometheus(prometheus_url: str) -> None:
    assert failures("prometheus", MonitorAccess(prometheus_url)) == []
