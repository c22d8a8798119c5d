"""A monitor without a network, for the demo and for tests: the fleet of `simulator.fleet`, and failures on demand."""

import os
import random
import re
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from app import clock
from app.connectors.base import HostPage, ItemPage, ItemRecord, MonitorAccess, PastValue
from app.connectors.read_only import ReadOnly
from app.connectors.simulator import history
from app.connectors.simulator.alerts import make_alert
from app.connectors.simulator.fleet import make_host, make_item
from app.errors import Invalid, SourceFailing
from app.rules.alerts.alert_reports import AlertReport
from app.rules.item_numbers import TEXT_TYPES

VERSION = "simulator 1"
HOSTS_A_PAGE = 500
ALERTS_A_PAGE = 500
ITEM_HOSTS_A_PAGE = 50
ITEMS_A_PAGE = 10_000

COUNTS_AND_MAXIMA = {"hosts": 1_000_000, "items": 10_000, "seed": 10**18, "latency_ms": 3_600_000}
SHARES = ("alerts", "fail", "hang", "crash")

# The system's generator: workers forked from one parent would all draw the same numbers from the shared one.
dice = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Simulation:
    """The parameters in a simulator's address; shares are from 0 to 1."""

    name: str
    hosts: int = 22
    items: int = 15
    seed: int = 1
    latency_ms: int = 0
    alerts: float = 0
    fail: float = 0
    hang: float = 0
    crash: float = 0

    @property
    def fleet_seed(self) -> str:
        """The seed of the whole fleet."""
        return f"{self.name}:{self.seed}"


class SimulatorConnector(ReadOnly):
    """A simulated monitor at `simulator://demo?hosts=22&items=15&seed=1&latency_ms=0&alerts=0&fail=0&hang=0&crash=0`.

    A host and its items depend only on the address's name, the seed and their numbers, so a growing fleet keeps its
    hosts. A value also depends on the minute, so two requests within a minute see no change. About `alerts` of the
    hosts, a share from 0 to 1, have an alert at any minute; see `simulator.alerts`. Failures are drawn anew for every
    page, so that a retry can succeed. A million hosts need one page of memory.
    """

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address. Raises Invalid for `url`, naming the wrong parameter."""
        self._plan = parse_url(access.url)

    def check(self) -> str:
        """Return the version; may fail or hang as configured, but never kills the calling process."""
        self._answer(can_crash=False)
        return VERSION

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the fleet, or those of `external_ids` that exist, in pages of 500."""
        wanted: Sequence[int] = range(self._plan.hosts)
        if external_ids is not None:
            found = (self._find_host(external_id) for external_id in dict.fromkeys(external_ids))
            wanted = [host for host in found if host is not None]
        for start in range(0, len(wanted), HOSTS_A_PAGE):
            self._answer()
            page = wanted[start : start + HOSTS_A_PAGE]
            yield HostPage([make_host(self._plan.fleet_seed, host) for host in page], total=len(wanted))

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield all items of these hosts in pages of 50 hosts, or fewer if hosts have more than 200 items."""
        hosts_a_page = max(1, min(ITEM_HOSTS_A_PAGE, ITEMS_A_PAGE // max(1, self._plan.items)))
        wanted = list(dict.fromkeys(host_external_ids))
        for start in range(0, len(wanted), hosts_a_page):
            self._answer()
            page = wanted[start : start + hosts_a_page]
            minute = _this_minute()
            records = [
                make_item(self._plan.fleet_seed, host, item, minute)
                for external_id in page
                if (host := self._find_host(external_id)) is not None
                for item in range(self._plan.items)
            ]
            yield ItemPage(page, records)

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one item, or None if the host or the item does not exist."""
        self._answer()
        host = self._find_host(host_external_id)
        item = _find_index(external_id, self._plan.items)
        return None if host is None or item is None else make_item(self._plan.fleet_seed, host, item, _this_minute())

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
        """Yield one item's values of each minute, or those of each hour summed up, a day a page."""
        host, item = self._find_host(host_external_id), _find_index(external_id, self._plan.items)
        if host is None or item is None or value_type in TEXT_TYPES:
            return
        for page in history.pages(self._plan.fleet_seed, host, item, after, before, by_hour=by_hour):
            self._answer()
            yield page

    def alerts(self) -> Iterator[Sequence[AlertReport]]:
        """Yield this minute's alerts of the whole fleet in pages of 500."""
        alerts = self._alerts()
        while True:
            self._answer()
            page = list(islice(alerts, ALERTS_A_PAGE))
            if page:
                yield page
            if len(page) < ALERTS_A_PAGE:
                return

    def close(self) -> None:
        """Do nothing: there is no session to end."""

    def _alerts(self) -> Iterator[AlertReport]:
        plan = self._plan
        minute = int(_this_minute().timestamp()) // 60
        for host in range(plan.hosts if plan.alerts else 0):
            alert = make_alert(plan.fleet_seed, host, plan.items, plan.alerts, minute)
            if alert is not None:
                yield alert

    def _find_host(self, external_id: str) -> int | None:
        return _find_index(external_id, self._plan.hosts)

    def _answer(self, *, can_crash: bool = True) -> None:
        """Wait for the configured latency, then draw each kind of failure."""
        time.sleep(self._plan.latency_ms / 1000)
        if dice.random() < self._plan.fail:
            raise SourceFailing("simulated failure")
        if can_crash and dice.random() < self._plan.crash:
            os.kill(os.getpid(), signal.SIGKILL)
        if dice.random() < self._plan.hang:
            while True:
                time.sleep(1)


def parse_url(url: str) -> Simulation:
    """Return the parameters in the address. Raises Invalid for `url`, naming the wrong parameter."""
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise Invalid("url", "The URL must look like simulator://demo?hosts=22&items=15&seed=1") from None
    is_bare = parts.path in ("", "/") and not parts.fragment
    if parts.scheme != "simulator" or not is_bare or not re.fullmatch(r"[\w.-]{1,100}", parts.netloc):
        raise Invalid("url", "The URL must look like simulator://demo?hosts=22&items=15&seed=1")
    names = [name for name, _ in pairs]
    for name in names:
        if name not in COUNTS_AND_MAXIMA and name not in SHARES:
            raise Invalid("url", f"A simulated monitor has no parameter {name[:40]!r}")
        if names.count(name) > 1:
            raise Invalid("url", f"The parameter {name} is given more than once")
    given = dict(pairs)
    counts: dict[str, Any] = {name: _parse_count(name, given[name]) for name in COUNTS_AND_MAXIMA if name in given}
    shares: dict[str, Any] = {name: _parse_share(name, given[name]) for name in SHARES if name in given}
    return Simulation(parts.netloc.lower(), **counts, **shares)


def _parse_count(name: str, text: str) -> int:
    maximum = COUNTS_AND_MAXIMA[name]
    if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) > maximum:
        raise Invalid("url", f"The parameter {name} must be a whole number from 0 to {maximum}")
    return int(text)


def _parse_share(name: str, text: str) -> float:
    if not re.fullmatch(r"[0-9]{0,9}\.?[0-9]{1,18}", text) or float(text) > 1:
        raise Invalid("url", f"The parameter {name} must be a number from 0 to 1")
    return float(text)


def _find_index(external_id: str, size: int) -> int | None:
    """Return the index for an external id (a number from 1), or None if it does not exist."""
    if not re.fullmatch(r"[1-9][0-9]{0,6}", external_id) or int(external_id) > size:
        return None
    return int(external_id) - 1


def _this_minute() -> datetime:
    return clock.now().replace(second=0, microsecond=0)
