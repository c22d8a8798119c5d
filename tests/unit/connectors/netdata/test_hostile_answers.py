"""Whatever a Netdata or a Nagios answers becomes valid records or a SourceError."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.base import Connector
from app.connectors.conformance.mutations import Mutator
from app.connectors.nagios.connector import NagiosConnector
from app.connectors.netdata.connector import NetdataConnector
from tests.unit.connectors.nagios.fake_nagios import CGI_BIN, NOW, FakeNagios
from tests.unit.connectors.netdata.fake_netdata import FakeNetdata, guid
from tests.unit.connectors.test_hostile import ANYTHING, Converse, mutations, require_any_answer
from tests.unit.connectors.test_hostile import converse as converse

Answer = Callable[[Any], Any]
HOSTS = {"netdata": [guid(0), guid(1)], "nagios": ["db-1", "web-1"]}
MANY = {type: [*names, *(f"none-{number}" for number in range(20))] for type, names in HOSTS.items()}
KINDS: dict[str, type[Connector]] = {"netdata": NetdataConnector, "nagios": NagiosConnector}
ITEMS = {"netdata": "system.cpu|user", "nagios": "Temp|temp"}


def netdata() -> Answer:
    fake = FakeNetdata(nodes=2)
    fake.add_alarm(0, silenced=True)
    fake.add_alarm(1, name="new", status="UNDEFINED")
    return lambda request: fake.tell(request.url.path)


def nagios() -> Answer:
    fake = FakeNagios()
    fake.add_host("db-1", 4)
    fake.add_host("web-1")
    fake.add_service("db-1", "Temp", 16, perf_data="temp=91.5C;80;90", problem_has_been_acknowledged=True)
    fake.add_service("web-1", "Soft", 4, state_type=0)
    fake.add_service("web-1", "New", 1)
    who = {"host_name": "db-1", "service_description": "Temp", "author": "小王"}
    fake.comments = {"1": {**who, "entry_type": 4, "comment_data": "seen"}}
    fake.downtimes = {"7": {**who, "is_in_effect": True, "end_time": NOW, "comment": "racks"}}
    return lambda request: fake.tell(request.url.path.removeprefix(f"{CGI_BIN}/").lstrip("/"), dict(request.url.params))


MAKE: dict[str, Callable[[], Answer]] = {"netdata": netdata, "nagios": nagios}


def read(type: str, name: str) -> Callable[[Any], Any]:
    """Return one kind of reading."""
    reads: dict[str, Callable[[Any], Any]] = {
        "check": lambda connector: connector.check(),
        "hosts": lambda connector: connector.hosts(),
        "some hosts": lambda connector: connector.hosts(HOSTS[type]),
        "items": lambda connector: connector.items(MANY[type]),
        "some items": lambda connector: connector.items(HOSTS[type]),
        "item": lambda connector: connector.item(HOSTS[type][0], ITEMS[type]),
        "alerts": lambda connector: connector.alerts(),
    }
    return reads[name]


NAMES = ("check", "hosts", "some hosts", "items", "some items", "item", "alerts")


@pytest.mark.parametrize("type", [*KINDS])
@pytest.mark.parametrize("name", NAMES)
def test_each_place_of_each_answer_may_hold_anything(converse: Converse, type: str, name: str) -> None:
    require_any_answer(converse, KINDS[type], MAKE[type], read(type, name))


@pytest.mark.parametrize("type", [*KINDS])
@ANYTHING
@given(name=st.sampled_from(NAMES), wanted=mutations)
def test_many_lies(converse: Converse, type: str, name: str, wanted: Any) -> None:
    converse(KINDS[type], Mutator(MAKE[type](), wanted).respond, read(type, name))
