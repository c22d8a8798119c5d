"""Test alerts generated in bulk."""

import random
import time
from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.enums import AlertStatus, InventoryStatus, Severity, TaskType
from app.models import Alert, Host, Item
from app.rules.alerts.generated_alerts import MESSAGES, comment
from app.services.alerts.alerts import AlertService
from app.services.ledger.outbox import new_task_id
from app.store.database.engine import Database
from bench import fleet
from bench.environment import KINDS, Environment
from bench.figures import Figure
from bench.fleet import FleetSize

ALERTS = 10_000
ROW_BY_ROW = 500
SIZE = FleetSize(hosts=100, items=1500, alerts=0, tasks=0)


def measure(environment: Environment) -> Iterator[Figure]:
    """Generate 10,000 test alerts, beside the same one by one through the ORM, each with its own commit."""
    for kind in KINDS:
        ours, theirs = environment.new_database(kind), environment.new_database(kind)
        for url in (ours, theirs):
            fleet.fill(url, SIZE)
        count = environment.sizes.of(ALERTS)
        with closing(Database(ours, durable=False)) as database:
            begun_at = time.perf_counter()
            AlertService(database, window_h=24).generate(new_task_id(TaskType.GENERATE_ALERTS), count, None, None)
            rate = count / (time.perf_counter() - begun_at)
        with closing(Database(theirs, durable=False)) as database:
            begun_at = time.perf_counter()
            for number in range(1, ROW_BY_ROW + 1):
                _generate_one(database, number)
            row_by_row = ROW_BY_ROW / (time.perf_counter() - begun_at)
        yield Figure(f"{kind}, {count:,} at once", "alerts/s", rate, {"row by row": row_by_row}, aim_ratio=20)


def _generate_one(database: Database, number: int) -> None:
    """Draw a host and one of its items, add an alert, and mark both if it is critical."""
    with Session(database.engine) as session, session.begin():
        host = session.scalars(
            select(Host).where(Host.status != InventoryStatus.INACTIVE).order_by(func.random()).limit(1)
        ).one()
        items = session.scalars(select(Item).where(Item.host_id == host.id)).all()
        item = random.choice(items) if items else None
        now, severity, message = clock.now(), random.choice(list(Severity)), random.choice(list(MESSAGES))
        session.add(
            Alert(
                source="test",
                external_id=str(number),
                message=message,
                severity=severity,
                status=AlertStatus.ACTIVE,
                monitor_id=host.monitor_id,
                host_id=host.id,
                item_id=item and item.id,
                comment=comment(number, now),
                first_seen_at=now,
                last_seen_at=now,
            )
        )
        if severity is Severity.CRITICAL:
            host.alert_error = f"Critical alert: {message}"
            if item is not None:
                item.alert_error = f"Critical alert: {message}"
