"""Connectors with one fault each, named by the check that must find it; otherwise they do as the sample does."""

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from nagare_connector_example import StatusBoardConnector
from nagare_connector_example.records import host_record, member, rows

from app.connectors.sdk import (
    AlertReport,
    HostPage,
    HostRecord,
    HttpLimits,
    HttpSource,
    Invalid,
    ItemPage,
    ItemRecord,
    MonitorAccess,
    PastValue,
    SourceFailing,
    SourceGarbled,
    SourceRefusedLogin,
    SourceRejected,
    SourceUnreachable,
)

LARGE = 400 * 2**20
TRUE = {"name": "a name"}


class Protocol(StatusBoardConnector):
    def hosts(self) -> Iterator[HostPage]:  # type: ignore[override]
        return super().hosts()


class InvalidUrls(StatusBoardConnector):
    def __init__(self, access: MonitorAccess) -> None:
        try:
            super().__init__(access)
        except Invalid:
            super().__init__(replace(access, url="http://localhost"))


class Constructor(StatusBoardConnector):
    def __init__(self, access: MonitorAccess) -> None:
        super().__init__(access)
        if access.url.startswith("http://127."):
            self.check()


class ReadOnlyWrites(StatusBoardConnector):
    def update_host(self, external_id: str, edit: Any) -> None:
        pass


class Version(StatusBoardConnector):
    def check(self) -> str:
        return "\x1b[2J"


class HostsTwice(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        yield from super().hosts(external_ids)
        yield from super().hosts(external_ids)


class HostsEmptyPage(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        yield HostPage([], total=250)
        yield from super().hosts(external_ids)


class HostsOfAnotherType(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        for page in super().hosts(external_ids):
            yield replace(page, records=[replace(record, name=7) for record in page.records])  # type: ignore[arg-type]


class HostsInOnePage(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        yield HostPage([HostRecord(str(number), "host", "host") for number in range(1001)], total=1001)


class HostsThatCannotBeSent(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        for page in super().hosts(external_ids):
            yield replace(page, records=(record for record in page.records))  # type: ignore[arg-type]


class HostOrder(StatusBoardConnector):
    turn: ClassVar[int] = 0

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        HostOrder.turn += 1
        for page in super().hosts(external_ids):
            yield replace(page, records=page.records[:: 1 if HostOrder.turn % 2 else -1])


class HostsById(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        return super().hosts()


class Items(StatusBoardConnector):
    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        return super().items(host_external_ids[1:])


class UnknownHost(StatusBoardConnector):
    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        return (page for page in super().items(host_external_ids) if page.records)


class Item(StatusBoardConnector):
    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        return ItemRecord(host_external_id, external_id, "made up", "load")


class Alerts(StatusBoardConnector):
    def alerts(self) -> Iterator[Sequence[AlertReport]]:
        return ([replace(report, is_firing=False) for report in page] for page in super().alerts())


class HistoryOfUnknown(StatusBoardConnector):
    def history(
        self,
        host_external_id: str,
        external_id: str,
        value_type: str,
        after: datetime,
        before: datetime,
        *,
        by_hour: bool,
    ) -> Iterator[Sequence[PastValue]]:
        yield [PastValue.single(before, 1.0)]


class HistoryBackwards(StatusBoardConnector):
    def history(
        self,
        host_external_id: str,
        external_id: str,
        value_type: str,
        after: datetime,
        before: datetime,
        *,
        by_hour: bool,
    ) -> Iterator[Sequence[PastValue]]:
        if not external_id.startswith("nagare-test"):
            yield [PastValue.single(before, 1.0), PastValue.single(after, 1.0)]


class Close(StatusBoardConnector):
    is_closed = False

    def close(self) -> None:
        if self.is_closed:
            raise RuntimeError("closed already")
        self.is_closed = True
        super().close()


class Source:
    """Stands in the place of a connector's HttpSource."""

    def __init__(self, source: Any, fetch: Callable[..., Any]) -> None:
        self._source = source
        self._ask = fetch

    def get_json(self, path: str, params: Any = None) -> Any:
        return self._ask(lambda: self._source.get_json(path, params))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


class Translating(StatusBoardConnector):
    """Makes another error of one."""

    wrong: ClassVar[Mapping[type[Exception], type[BaseException]]] = {}

    def __init__(self, access: MonitorAccess) -> None:
        super().__init__(access)
        self._access = access
        self._source = Source(self._source, self._translated)  # type: ignore[assignment]

    def _translated(self, fetch: Callable[[], Any]) -> Any:
        try:
            return fetch()
        except tuple(self.wrong) as error:
            raise self.wrong[type(error)](self.words(error)) from None

    def words(self, error: Exception) -> str:
        return str(error)


class WrongCredentials(Translating):
    wrong: ClassVar = {SourceRefusedLogin: SourceFailing}


class RejectedLogin(Translating):
    wrong: ClassVar = {SourceRefusedLogin: SourceRejected}


class ClosedPort(Translating):
    wrong: ClassVar = {SourceUnreachable: ConnectionRefusedError}


class DroppedConnection(Translating):
    wrong: ClassVar = {SourceUnreachable: SourceRejected}


class ServerErrors(Translating):
    wrong: ClassVar = {SourceFailing: SystemExit}


class TooManyRequests(Translating):
    wrong: ClassVar = {SourceFailing: SourceRejected}


class ClientErrors(Translating):
    wrong: ClassVar = {SourceRejected: SourceFailing}


class CredentialLeaks(Translating):
    wrong: ClassVar = {SourceRejected: ValueError}

    def words(self, error: Exception) -> str:
        return f"the token {self._access.api_token} was of no use"


class NotASource(StatusBoardConnector):
    def check(self) -> str:
        try:
            return super().check()
        except SourceGarbled:
            return "unknown"


class WrongTypes(StatusBoardConnector):
    def alerts(self) -> Iterator[Sequence[AlertReport]]:
        for row in self._source.get_json("/api/alerts")["alerts"]:
            yield [AlertReport("statusboard", row["id"], True, row["text"])]


class TruncatedResponses(Translating):
    wrong: ClassVar = {SourceGarbled: json.JSONDecodeError}

    def _translated(self, fetch: Callable[[], Any]) -> Any:
        try:
            return fetch()
        except SourceGarbled as error:
            raise json.JSONDecodeError(str(error), "", 0) from None


class DeepNesting(Translating):
    wrong: ClassVar = {SourceGarbled: RecursionError}


class Redirects(StatusBoardConnector):
    def __init__(self, access: MonitorAccess) -> None:
        super().__init__(access)
        self._url = access.url

    def check(self) -> str:
        try:
            with urllib.request.urlopen(f"{self._url}/api/version", timeout=2) as answer:
                return str(json.load(answer)["version"])
        except (OSError, LookupError):
            raise SourceGarbled("no version") from None


class OversizedResponses(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        assert len(b"x" * LARGE) == LARGE
        return super().hosts(external_ids)


class MutatedResponses(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        found = rows(self._source.get_json("/api/hosts"), "hosts")
        yield HostPage([replace(host_record({**row, **TRUE}), name=row["name"]) for row in found], total=len(found))


class LongLists(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        found = rows(self._source.get_json("/api/hosts", {"id": external_ids or []}), "hosts")
        yield HostPage([*map(host_record, found)], total=len(found))


class UnicodeNames(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        for page in super().hosts(external_ids):
            for record in page.records:
                record.name.encode("ascii")
            yield page


class LongNames(StatusBoardConnector):
    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        answer = self._source.get_json("/api/hosts")
        names = [member(row, "name", str) for row in rows(answer, "hosts")]
        yield HostPage([HostRecord(str(number), name, "") for number, name in enumerate(names)], total=len(names))


class Patient(StatusBoardConnector):
    """Waits as long as it takes."""

    limits = HttpLimits(read_s=60, total_s=60)

    def __init__(self, access: MonitorAccess) -> None:
        super().__init__(access)
        self._source = HttpSource(access.url, limits=self.limits)


class NoResponse(Patient):
    pass


class SlowResponse(Patient):
    limits = HttpLimits(read_s=1, total_s=60)


class Deadly(StatusBoardConnector):
    """Ends its own process."""

    def check(self) -> str:
        import os

        os._exit(1)
