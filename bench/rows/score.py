"""The health score of a fleet with few and with many alerts."""

from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import text

from app.store.database.engine import Database
from bench import fleet
from bench.environment import KINDS, Environment
from bench.figures import Figure
from bench.timing import median_ms

FEW = 10_000
BELOW_MS = 10
SCAN = text("SELECT severity, status, count(*), max(resolved_at) FROM alerts GROUP BY severity, status")


def measure(environment: Environment) -> Iterator[Figure]:
    """Request the score over HTTP, beside a scan of all alerts; a third are active, a third resolved today."""
    for kind in KINDS:
        few = environment.new_database(kind)
        fleet.fill(few, fleet.FleetSize(environment.fleet_size.hosts, 10, FEW, 10))
        small, _ = _asked(environment, few)
        big, scan = _asked(environment, environment.big_database(kind))
        count = environment.fleet_size.alerts
        yield Figure(f"{kind}, {FEW:,} alerts, median", "ms", small, aim_below=BELOW_MS)
        what = f"{kind}, {count:,} alerts, median"
        yield Figure(what, "ms", big, {"with few": small, "full scan": scan}, aim_ratio=0.67, aim_below=BELOW_MS)


def _asked(environment: Environment, url: str) -> tuple[float, float]:
    with environment.stack(url) as stack, closing(Database(url, durable=False)) as database:
        ours = median_ms(lambda: stack.user.call("GET", "/alerts/score", 200))
        with database.reading() as connection:
            return ours, median_ms(lambda: connection.execute(SCAN).all())
