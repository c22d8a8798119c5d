"""What the database and the receivers' files say of the pages of a storm."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from app.enums import DecisionOutcome, NotificationKind
from app.rules.paging.batches import message_key
from app.rules.response.notifications import KINDS
from tests.chaos.page_load import PageLoad
from tests.chaos.page_messages import paged_twice, repeated_unmarked, repeats
from tests.chaos.page_records import Records, Row
from tests.chaos.page_setup import WINDOW


@dataclass
class PageProof:
    """The balance; whatever is in one of the lists is a broken promise."""

    counts: Counter[str]
    lost: list[str]
    """Events without an ending, and told ones that no receiver has."""
    unexplained: list[str]
    """Endings that do not say why, events with two endings, and repeats that are not marked."""

    @property
    def is_kept(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.unexplained)


def prove_pages(load: PageLoad) -> PageProof:
    """Compare the database with what the receivers have."""
    records = Records.of(load.stack)
    books = [load.receivers.smtp.book, load.receivers.http.book]
    messages = sorted((message for book in books for message in book.kept()), key=lambda message: message["at"])
    outcomes = Counter(decision["outcome"] for decision in records.decisions)
    return PageProof(
        counts=Counter(
            {
                "alerts accepted": len(load.fired),
                "events": len(records.told_events),
                "pages": len(records.pages),
                "deliveries": len(records.deliveries),
                "messages received": len(messages),
                "repeats marked": len(repeats(messages)),
                **{str(outcome): outcomes[outcome] for outcome in DecisionOutcome},
            }
        ),
        lost=[*_not_taken_in(load, records), *_without_ending(records), *_not_received(records, messages)],
        unexplained=[
            *_two_endings(records),
            *_without_reason(records),
            *_unexpected(load, records),
            *repeated_unmarked(messages),
            *paged_twice(messages),
            *load.wrong_answers,
        ],
    )


def _not_taken_in(load: PageLoad, records: Records) -> list[str]:
    """Return the accepted alerts that did not fire, and the accepted ends after which one is not over."""
    mine = {row["external_id"]: row for row in records.alerts if row["monitor_id"] == load.monitor_id}
    fired = {event["alert_id"] for event in records.events if event["kind"] == "fired"}
    lost = [f"{name}: accepted, and it never fired" for name in load.fired if mine.get(name, {}).get("id") not in fired]
    over = {name for name, row in mine.items() if row["resolved_at"] is not None}
    return lost + [f"{name}: its end was accepted, and it still fires" for name in load.ended if name in {*mine} - over]


def _without_ending(records: Records) -> list[str]:
    decided = {decision["event_id"] for decision in records.decisions}
    # What no route takes ends with that: nobody wants to be told how it went on.
    unmatched = {row["alert_id"] for row in records.decisions if row["outcome"] == DecisionOutcome.UNMATCHED}
    never = [
        event
        for event in records.told_events
        if event["id"] not in decided
        and (event["alert_id"] not in unmatched or KINDS[event["kind"]] is NotificationKind.FIRED)
    ]
    pending = [decision for decision in records.decisions if decision["outcome"] == DecisionOutcome.PENDING]
    unsettled = [delivery for delivery in records.deliveries if delivery["ended_at"] is None]
    return [
        *(f"event {event['id']} ({event['kind']}, pending: {event['is_pending']}): no decision" for event in never),
        *(f"decision {row['id']} of event {row['event_id']}, page {row['page_id']}: pending" for row in pending),
        *(f"delivery {row['id']} of page {row['page_id']}: {row['state']}" for row in unsettled),
    ]


def _not_received(records: Records, messages: Iterable[Row]) -> list[str]:
    """Return the decisions that say `told`, while no receiver has a message that tells it."""
    received = {message["key"] for message in messages}
    kinds = {event["id"]: KINDS.get(event["kind"]) for event in records.events}
    covered = _covered_by_received(records, received)
    lost = []
    for row in records.decisions:
        if row["outcome"] != DecisionOutcome.TOLD:
            continue
        if row["page_id"] is None:
            is_there = row["task_id"] in received
        elif kinds[row["event_id"]] is NotificationKind.FIRED:
            is_there = row["id"] <= covered.get(row["page_id"], -1)
        else:
            # Whoever was told of a page is told how it ended; the ends of its single alerts are no news.
            is_there = row["page_id"] in covered
        if not is_there:
            about = f"event {row['event_id']}, page {row['page_id']}, task {row['task_id']}"
            lost.append(f"decision {row['id']} ({about}): told, and no receiver has it")
    return lost


def _covered_by_received(records: Records, received: set[str]) -> dict[int, int]:
    """Return by page the last decision that a received message covers."""
    together: dict[str, list[Row]] = defaultdict(list)
    for delivery in records.deliveries:
        if delivery["state"] == "sent":
            together[delivery["task_id"]].append(delivery)
    covered: dict[int, int] = {}
    for deliveries in together.values():
        if message_key(deliveries) in received:
            for delivery in deliveries:
                last = covered.get(delivery["page_id"], 0)
                covered[delivery["page_id"]] = max(last, delivery["up_to_decision"] or 0)
    return covered


def _two_endings(records: Records) -> list[str]:
    places = Counter((row["event_id"], row["route_id"]) for row in records.decisions)
    routed = {event for event, route in places if route is not None}
    return [
        f"event {event}, route {route}: {count} decisions"
        for (event, route), count in places.items()
        if count > 1 or (route is None and event in routed)
    ]


def _without_reason(records: Records) -> list[str]:
    """Return the endings that do not say why."""
    return [
        f"decision {row['id']}: {row['outcome']} because of {row['reason']}"
        for row in records.decisions
        if not row["reason"].get("code")
        or (row["outcome"] != DecisionOutcome.PENDING and row["settled_at"] is None)
        or (row["outcome"] == DecisionOutcome.SUPPRESSED and row["reason"]["code"] == "window" and not _names(row))
    ]


def _names(decision: Row) -> bool:
    return bool(decision["reason"].get("window") == WINDOW)


def _unexpected(load: PageLoad, records: Records) -> list[str]:
    """Return the events that ended otherwise than their labels ask for."""
    labels = {row["id"]: row["labels"] for row in records.alerts if row["monitor_id"] == load.monitor_id}
    found = []
    for row in records.decisions:
        given = labels.get(row["alert_id"])
        if given is None:
            continue
        is_quiet = given["team"] == "works"
        is_nobodys = given["team"] == "nobody" and "copy" not in given
        outcome, code = row["outcome"], row["reason"].get("code")
        is_wrong = (
            is_quiet != (outcome == DecisionOutcome.SUPPRESSED)
            or (is_quiet and code != "window")
            or (is_nobodys != (outcome == DecisionOutcome.UNMATCHED))
            or (given["team"] == "dead-end" and "copy" not in given and outcome == DecisionOutcome.TOLD)
        )
        if is_wrong:
            found.append(f"decision {row['id']} of an alert with {dict(given)}: {outcome} because of {row['reason']}")
    return found
