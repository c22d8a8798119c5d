"""What an attempt's end becomes in the ledger when its body ends in an odd way."""

from collections.abc import Mapping
from contextlib import nullcontext
from unittest.mock import Mock

import pytest

from app.errors import OutOfMemory
from app.rules.task_params.pull import PullHosts
from app.services.ledger.task_claim import Claim
from tasks import base
from tasks.base import Run, run_task


def test_a_task_that_is_refused_memory_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    services = Mock()
    services.settings.lease_s = 60.0
    services.database.kept_open = nullcontext
    services.ledger.lifecycle.begin.return_value = Claim("pull_hosts:1", "pull_hosts", {"monitor_id": 1}, 1)
    monkeypatch.setattr(base, "services", lambda: services)

    def body(_run: Run[PullHosts]) -> Mapping[str, int]:
        raise MemoryError

    run_task("pull_hosts:1", PullHosts, body, "worker/1")

    [call] = services.ledger.lifecycle.fail.call_args_list
    assert isinstance(call.args[1], OutOfMemory)
    assert OutOfMemory.retryable
