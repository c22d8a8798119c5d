"""Each place of each answer of an Icinga may hold anything."""

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from app.connectors.base import HostEdit, ItemEdit, MonitorAccess, NewHost, NewItem
from app.connectors.conformance.mutations import KINDS, Mutator
from app.connectors.icinga2.connector import Icinga2Connector
from tests.unit.connectors.icinga2.fake_icinga import NOW, FakeIcinga
from tests.unit.connectors.test_hostile import Converse, converse

__all__ = ["converse"]
ACCESS = MonitorAccess("http://monitor.example", "root", "icinga")
ACTS: dict[str, Callable[[Any], Any]] = {
    "check": lambda connector: connector.check(),
    "hosts": lambda connector: connector.hosts(),
    "items": lambda connector: connector.items(["a", "b"]),
    "item": lambda connector: connector.item("a", "a!disk!/"),
    "alerts": lambda connector: connector.alerts(),
    "acknowledge": lambda connector: connector.acknowledge_alert("a!disk", "看到了"),
    "update host": lambda connector: connector.update_host("a", HostEdit("a", "改名", "", False)),
    "update item": lambda connector: connector.update_item("a!disk", ItemEdit("x", "", True, "5m", "")),
    "create host": lambda connector: connector.create_host(NewHost(HostEdit("n", "n", "", True), None, ())),
    "create item": lambda connector: connector.create_item(
        "a", NewItem(ItemEdit("x", "", True, "1m", ""), "k", "float")
    ),
}


def icinga() -> Callable[[Any], Any]:
    """Return what answers as an Icinga with two hosts, a service, a downtime and a comment does."""
    fake = FakeIcinga()
    fake.add_host("a")
    fake.add_host("b", 1, downtime_depth=1.0)
    fake.add_service("a", "disk", 2)
    fake.add_note("downtimes", "b", comment="换盘", end_time=NOW, trigger_time=NOW)
    fake.add_note("comments", "a!disk", text="看到了", entry_type=4, entry_time=NOW)

    def tell(request: Any) -> Any:
        try:
            body = json.loads(request.content) if request.content else {}
            return fake.answer(request.url.path, request.headers, body)[1]
        except (AttributeError, LookupError, TypeError, ValueError):
            # What it was told before was no longer what an Icinga says, so it may be asked what no Icinga is.
            return {"error": 400, "status": "no"}

    return tell


@pytest.mark.parametrize("name", [*ACTS])
def test_each_place_of_each_answer_may_hold_anything(converse: Converse, name: str) -> None:
    true = Mutator(icinga())
    converse(Icinga2Connector, true.respond, ACTS[name], is_true=True, access=ACCESS)
    for number, places in enumerate(true.places):
        for place, change in product(range(places), KINDS):
            converse(Icinga2Connector, Mutator(icinga(), [(number, place, change)]).respond, ACTS[name], access=ACCESS)
