"""The health score, held to the figures of docs/health-score.md."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.enums import Severity
from app.rules.alerts.scores import AlertSums, alert_load, health_score


def score(hosts: int, **by_severity: AlertSums) -> int:
    sums = {Severity[name.upper()]: sums for name, sums in by_severity.items()}
    return health_score(alert_load(sums, hosts))


@pytest.mark.parametrize(
    ("critical", "expected"),
    [
        (AlertSums(), 100),
        (AlertSums(active=50), 20),
        (AlertSums(acknowledged=50), 45),
        (AlertSums(resolved=50, freshness=50), 45),
        (AlertSums(resolved=50, freshness=25), 67),
        (AlertSums(resolved=50, freshness=0), 100),
    ],
)
def test_the_documented_figures_on_22_hosts(critical: AlertSums, expected: int) -> None:
    assert score(22, critical=critical) == expected


def test_one_warning_on_22_hosts() -> None:
    assert score(22, warning=AlertSums(active=1)) == 99


def test_any_load_at_all_keeps_it_below_100() -> None:
    assert score(1_000_000, info=AlertSums(active=1)) == 99


def test_without_hosts_it_still_is_a_number() -> None:
    assert 0 <= score(0, critical=AlertSums(active=3)) < 100


counts = st.integers(0, 10_000)


@given(hosts=st.integers(0, 5000), active=counts, acknowledged=counts, more=st.integers(1, 100))
def test_more_alerts_never_raise_it_and_settling_never_lowers_it(
    hosts: int, active: int, acknowledged: int, more: int
) -> None:
    now = score(hosts, critical=AlertSums(active + more, acknowledged))
    assert 0 <= now <= 99
    assert score(hosts, critical=AlertSums(active + 2 * more, acknowledged)) <= now
    assert score(hosts, critical=AlertSums(active, acknowledged + more)) >= now
    assert score(hosts, critical=AlertSums(active, acknowledged, more, more)) >= now
    assert score(hosts, critical=AlertSums(active, acknowledged)) >= now
