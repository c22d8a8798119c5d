"""nagare with pulls that do nothing: what remains is the ledger, the message, the claim, the lease and the outcome."""

from typing import Any

from app.composition import build
from app.rules.task_params.pull import PullHosts
from app.services.inventory.pulls import PullService
from app.services.ledger.requester import Requester
from app.settings import load_settings
from bench.peers.producing import produce
from tasks import celery


def _nothing(self: PullService, monitor_id: int, step: Any = None) -> dict[str, int]:
    return {"seen": 0}


PullService.hosts = _nothing  # type: ignore[method-assign]

if __name__ == "__main__":
    services = build(load_settings())
    produce(lambda: services.ledger.submit.accept(Requester(1), PullHosts(monitor_id=1)))
    services.close()

__all__ = ["celery"]
