"""The live workers, and the leader election of recovery."""

import json
from typing import Any

from app.queue.connection import Broker

ALIVE_S = 10
"""A worker without a heartbeat for this long counts as gone."""
ORDER_S = 60
"""An order that no worker has taken for this long is void."""


class WorkerRegistry:
    """The registry of workers. Every method raises BrokerUnavailable."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def announce(self, id: str, description: dict[str, Any]) -> set[str]:
        """Send a worker's heartbeat; return the ids of all workers that have registered and not signed off.

        An id starts with the worker's name, which need not be unique.
        """
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            pipeline.sadd(self._broker.keys.workers, id)
            pipeline.set(self._broker.keys.worker(id), json.dumps(description), ex=ALIVE_S)
            pipeline.smembers(self._broker.keys.workers)
            return {str(each) for each in pipeline.execute()[-1]}

    def order(self, id: str, order: str) -> None:
        """Ask something of a worker; it takes the order with its next heartbeat. A new order replaces an old one."""
        with self._broker.use() as redis:
            redis.set(self._broker.keys.order(id), order, ex=ORDER_S)

    def take_order(self, id: str) -> str | None:
        """Return what was asked of a worker since the last call, if anything."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=True)
            pipeline.get(self._broker.keys.order(id))
            pipeline.delete(self._broker.keys.order(id))
            order = pipeline.execute()[0]
        return None if order is None else str(order)

    def sign_off(self, id: str) -> None:
        """Sign a worker off."""
        with self._broker.use() as redis:
            pipeline = redis.pipeline(transaction=False)
            pipeline.srem(self._broker.keys.workers, id)
            pipeline.delete(self._broker.keys.worker(id))
            pipeline.execute()

    def alive(self) -> list[dict[str, Any]]:
        """Return the descriptions of the live workers, sorted by id and so by name; remove the others."""
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
        """Become or stay the worker that runs recovery, for `lease_s` seconds.

        Two leaders at once, for example when a lease expires in the middle of a run, do no harm: every change of the
        ledger is guarded.
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
            # Something else that wrote this must not lead forever.
            if not 0 <= left_ms <= lease_ms:
                redis.pexpire(self._broker.keys.recovery_leader, lease_ms)
            return leader == name and bool(redis.pexpire(self._broker.keys.recovery_leader, lease_ms))


def _description(text: str | bytes | None) -> dict[str, Any] | None:
    """Return a worker's description; None for anything that a worker does not write."""
    try:
        found = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "name" in found else None
