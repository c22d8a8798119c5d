"""What would help the score most, over HTTP."""

import pytest

from app.composition import Services
from app.enums import Severity
from tests.web.caller import Caller


@pytest.mark.parametrize("by", ["monitor", "group", "host", "message", "alert"])
def test_causes_say_what_is_regained(services: Services, viewer: Caller, fleet: int, by: str) -> None:
    services.alerts.alerts.generate("generate_alerts:test", 6, Severity.CRITICAL, seed=1)
    found = viewer.get(f"/alerts/score/causes?by={by}&limit=2&monitor_id={fleet}").json
    assert (found["by"], found["score"]) == (by, viewer.get("/alerts/score").json["score"])
    assert 0 < len(found["causes"]) <= 2
    assert all(0 < cause["regained_at_once"] < cause["regained"] <= 100 for cause in found["causes"])


def test_hosts_are_the_causes_unless_another_kind_is_asked_for(viewer: Caller, fleet: int) -> None:
    assert viewer.get("/alerts/score/causes").json == {
        **{"score": 100, "load": 0.0, "hosts": 3, "by": "host", "causes": []}
    }


@pytest.mark.parametrize("query", ["by=team", "limit=0", "limit=101", "monitor_id=x"])
def test_other_causes_are_refused(viewer: Caller, query: str) -> None:
    assert viewer.get(f"/alerts/score/causes?{query}").status == 422
