import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.connectors import registry
from app.connectors.base import MonitorAccess
from app.connectors.registry import BUILT_IN, connector_class, connector_types, open_connector
from app.connectors.simulator.connector import SimulatorConnector
from app.errors import Invalid, SourceFailing, SourceRejected

SIMULATOR = MonitorAccess("simulator://demo")

PLUGIN = """
from app.connectors.simulator.connector import SimulatorConnector

class NagiosConnector(SimulatorConnector):
    pass

class TellingConnector(SimulatorConnector):
    def __init__(self, access):
        super().__init__(access)
        self._access = access

    def check(self):
        from app.errors import SourceRejected

        password = self._access.password
        raise SourceRejected(f"you sent {password.encode().hex()}") from RuntimeError(password)

class Half:
    writable = False

    def check(self):
        return "1"

a_function = print
"""


@pytest.fixture(autouse=True)
def fresh_registry() -> Iterator[None]:
    registry._load_third_party.cache_clear()
    yield
    registry._load_third_party.cache_clear()


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, **points: str) -> None:
    """Make a package's entry points and the modules that they name importable, as an installer does."""
    (folder / "third_party_plugin.py").write_text(PLUGIN)
    (folder / "third_party_broken.py").write_text("raise RuntimeError('no such licence')")
    info = folder / "third_party-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: third-party\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("[nagare.connectors]\n" + "\n".join(lines))
    monkeypatch.syspath_prepend(str(folder))


def test_the_built_in_types() -> None:
    assert connector_types() == tuple(BUILT_IN)
    assert connector_class("simulator") is SimulatorConnector


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid, match=r"zabbix, prometheus, .*simulator") as invalid:
        connector_class("nonsense")
    assert invalid.value.field == "type"


def test_a_third_party_adds_a_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, acme="third_party_plugin:NagiosConnector")
    assert connector_types() == (*BUILT_IN, "acme")
    with open_connector("acme", SIMULATOR) as connector:
        assert connector.check() == "simulator 1"


@pytest.mark.parametrize(
    "broken",
    [
        "third_party_broken:Connector",
        "third_party_plugin:Missing",
        "third_party_plugin:Half",
        "third_party_plugin:a_function",
        "no_such_module:Connector",
    ],
)
def test_a_broken_third_party_is_logged_and_left_out(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    install(tmp_path, monkeypatch, broken=broken, acme="third_party_plugin:NagiosConnector")
    assert connector_types() == (*BUILT_IN, "acme")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert broken in caplog.text


def test_a_third_party_cannot_replace_a_built_in_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    install(tmp_path, monkeypatch, simulator="third_party_plugin:NagiosConnector")
    assert connector_types() == tuple(BUILT_IN)
    assert connector_class("simulator") is SimulatorConnector
    assert "another connector is already named simulator" in caplog.text


def test_a_wrong_address_is_refused_on_opening() -> None:
    with pytest.raises(Invalid), open_connector("simulator", MonitorAccess("http://demo")):
        pytest.fail("a connector was opened")


class Closing(SimulatorConnector):
    closed = 0

    def close(self) -> None:
        Closing.closed += 1
        raise ConnectionResetError("while closing")


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> type[Closing]:
    Closing.closed = 0
    monkeypatch.setattr(registry, "BUILT_IN", {"closing": Closing})
    return Closing


def test_an_error_while_closing_does_not_undo_what_was_done(
    closing: type[Closing], caplog: pytest.LogCaptureFixture
) -> None:
    with open_connector("closing", SIMULATOR) as connector:
        assert connector.check() == "simulator 1"
    assert closing.closed == 1
    assert "could not be closed" in caplog.text


def test_an_error_while_closing_does_not_hide_why_the_work_failed(closing: type[Closing]) -> None:
    with pytest.raises(SourceFailing, match="overloaded"), open_connector("closing", SIMULATOR):
        raise SourceFailing("overloaded")
    assert closing.closed == 1


def test_no_connector_tells_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, telling="third_party_plugin:TellingConnector")
    access = MonitorAccess("simulator://demo", "admin", "hush-hush")
    with pytest.raises(SourceRejected) as caught, open_connector("telling", access) as connector:
        connector.check()
    told = "".join(traceback.format_exception(caught.value))
    assert "withheld" in told and "hush-hush" not in told and b"hush-hush".hex() not in told
