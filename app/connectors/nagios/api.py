"""Requests to the JSON CGIs of Nagios Core 4, each of which first reads the whole configuration and status."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from app.connectors.answers import in_parallel, read_clock, read_member, read_object, read_text
from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpSource
from app.connectors.http.credentials import credentials
from app.connectors.http.json_body import EmptyBody
from app.errors import SourceFailing, SourceGarbled, SourceRefusedLogin, SourceRejected

STATUS, OBJECTS = "statusjson.cgi", "objectjson.cgi"
FOLDERS = ("", "/cgi-bin")
"""Where the CGIs are below the address: the address may be that of Nagios's pages."""
SUCCESS, FILE_UNREADABLE, OPTION_INVALID = 0, 2, 6
NOT_FOUND = "could not be found"
TICKS = 1000
"""Nagios writes times in milliseconds."""
PAGES_IN_FLIGHT = 2
"""Each request is a process that reads all of Nagios's files: more would wait for the cores."""
STALE = timedelta(minutes=2)
"""Nagios writes its status every 10 to 60 seconds, as `status_update_interval` says."""

Row = Mapping[str, Any]


class UnknownObject(SourceRejected):
    """Nagios says that it has no object of this name."""


class NagiosApi:
    """The CGIs of one server. Methods raise a SourceError with Nagios's own message. Threads may share it."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address. Raises Invalid for `url`, `api_token` or `username` if it is wrong."""
        headers, auth = credentials(access)
        self._url = access.url.rstrip("/")
        self._source = HttpSource(access.url, headers=headers, auth=auth, access=access)
        self.words = self._source.words
        self.close = self._source.close

    @cached_property
    def folder(self) -> str:
        """Where the CGIs are. Raises the error of the address itself if they are nowhere."""
        first: SourceGarbled | SourceRejected | None = None
        for folder in FOLDERS:
            try:
                self._get(f"{folder}/{STATUS}", {"query": "programstatus"})
            except (SourceGarbled, SourceRejected) as error:
                first = first or error
            else:
                return folder
        raise first or SourceGarbled("The server has no JSON CGIs")

    @property
    def url(self) -> str:
        """The address of the CGIs."""
        return f"{self._url}{self.folder}"

    def answer(self, cgi: str, query: str, params: Mapping[str, str] | None = None) -> tuple[Row, Row]:
        """Return the data of an answer, and what Nagios says of the answer."""
        tree = self._get(f"{self.folder}/{cgi}", {"query": query, **(params or {})})
        about = read_object(tree, "result")
        code = read_member(about, "type_code", int)
        if code == SUCCESS:
            return read_object(tree, "data"), about
        message = f"Nagios reports an error: {self.words(read_text(about, 'message'))}"
        # Its files are missing while it starts, and as long as it is down.
        if code == FILE_UNREADABLE:
            raise SourceFailing(message)
        is_unknown = code == OPTION_INVALID and NOT_FOUND in read_text(about, "message")
        raise UnknownObject(message) if is_unknown else SourceRejected(message)

    def data(self, cgi: str, query: str, params: Mapping[str, str] | None = None) -> Row:
        """Return the data of an answer."""
        return self.answer(cgi, query, params)[0]

    def member(self, cgi: str, query: str, name: str, params: Mapping[str, str] | None = None) -> Row:
        """Return one object of the data of an answer."""
        return read_object(self.data(cgi, query, params), name)

    def count(self, query: str, params: Mapping[str, str] | None = None) -> int:
        """Return the sum of a count of hosts or services by state."""
        counts = self.member(STATUS, query, "count", params)
        return sum(max(0, read_member(counts, state, int)) for state in counts)

    def require_hosts(self) -> int:
        """Return how many hosts there are. Raises SourceRefusedLogin if the user sees none."""
        total = self.count("hostcount")
        if total == 0:
            # Nagios itself does not start without a host; taken as true, this would make all hosts inactive.
            raise SourceRefusedLogin(
                "Nagios shows this user no hosts: name the user in authorized_for_all_hosts and "
                "authorized_for_all_services of cgi.cfg"
            )
        return total

    def pages(
        self, cgi: str, query: str, total: int, size: int, params: Mapping[str, str] | None = None
    ) -> Iterator[Row]:
        """Yield a list in pages, by host name. Raises SourceFailing if Nagios was started between two of them.

        Its order then may be another one, and a host could be missing in all pages.
        """
        more = {"details": "true", **(params or {})}

        def ask(start: int) -> tuple[Row, Row]:
            return self.answer(cgi, query, {**more, "start": str(start), "count": str(size)})

        started: object = None
        for data, about in in_parallel(ask, range(0, total, size), PAGES_IN_FLIGHT):
            if started not in (None, about.get("program_start")):
                raise SourceFailing("Nagios was restarted while it was read")
            started = about.get("program_start")
            yield read_object(data, query)

    def age(self) -> timedelta:
        """Return how old the status is that Nagios's daemon wrote last."""
        about = self.answer(STATUS, "programstatus")[1]
        now = read_clock(about, "query_time", TICKS) or datetime.now(UTC)
        return now - (read_clock(about, "last_data_update", TICKS) or now)

    def _get(self, path: str, params: Mapping[str, str]) -> object:
        try:
            return self._source.get_json(path, params)
        except SourceGarbled as error:
            if isinstance(error.__cause__, EmptyBody):
                # So they do from the moment that the daemon deletes its status until it has written a new one.
                raise SourceFailing("The CGIs of Nagios answered nothing: its daemon may be down") from error
            raise
