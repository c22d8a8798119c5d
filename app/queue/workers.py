"""Which workers are alive, and which of them leads the recovery."""

import json
from typing import Any

from app.queue.connection import Broker

ALIVE_S = 10
"""A worker that did not say so for this long is taken for gone."""


class WorkerRegistry:
    """Where workers sign on. Every method raises BrokerUnavailable."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def announce(self, id: str, description: dict[str, Any]) -> set[str]:
        """Say that a worker is alive; return the ids of all that signed on and did not sign off.

        An id begins with the worker's name, which it does not have for itself alone.
        """
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            pipeline.sadd(self._broker.keys.workers, id)
            pipeline.set(self._broker.keys.worker(id), json.dumps(description), ex=ALIVE_S)
            pipeline.smembers(self._broker.keys.workers)
            return {str(each) for each in pipeline.execute()[-1]}

    def sign_off(self, id: str) -> None:
        """Say that a worker ends."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            pipeline.srem(self._broker.keys.workers, id)
            pipeline.delete(self._broker.keys.worker(id))
            pipeline.execute()

    def alive(self) -> list[dict[str, Any]]:
        """Return the descriptions of the workers that are alive, by id and so by name; forget the others."""
        with self._broker.use() as redis:
            ids = sorted(map(str, redis.smembers(self._broker.keys.workers)))
            if not ids:
                return []
            texts = redis.mget([self._broker.keys.worker(id) for id in ids])
            described = {id: _description(text) for id, text in zip(ids, texts, strict=True)}
            gone = [id for id, description in described.items() if description is None]
            if gone:
                redis.srem(self._broker.keys.workers, *gone)
        return [description for description in described.values() if description is not None]

    def lead(self, name: str, lease_s: float) -> bool:
        """Become or stay the one worker whose recovery acts, for `lease_s` seconds.

        Two leaders at once, as when a lease runs out in the middle of a turn, do no harm: every change of the ledger
        is guarded.
        """
        lease_ms = int(lease_s * 1000)
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            pipeline.set(self._broker.keys.recovery_leader, name, nx=True, px=lease_ms)
            pipeline.get(self._broker.keys.recovery_leader)
            pipeline.pttl(self._broker.keys.recovery_leader)
            is_new, leader, left_ms = pipeline.execute()
            if is_new:
                return True
            # Whatever else wrote this does not lead for ever.
            if not 0 <= left_ms <= lease_ms:
                redis.pexpire(self._broker.keys.recovery_leader, lease_ms)
            return leader == name and bool(redis.pexpire(self._broker.keys.recovery_leader, lease_ms))


def _description(text: str | bytes | None) -> dict[str, Any] | None:
    """Return what a worker says of itself; None for anything that no worker says."""
    try:
        found = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "name" in found else None
