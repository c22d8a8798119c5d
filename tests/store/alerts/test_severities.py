"""The severities that monitors report and their tables do not have."""

from sqlalchemy import Connection

from app.store.alerts import severities
from app.store.alerts.severities import MAX_WORDS, OTHERS
from tests.store.rows import LATER, NOW, add_monitor


def counts(connection: Connection, monitor_id: int) -> dict[str, int]:
    return {row["word"]: row["count"] for row in severities.fetch_unknown(connection, monitor_id)}


def test_words_are_counted_for_each_monitor(connection: Connection) -> None:
    first, second = add_monitor(connection), add_monitor(connection, "other")
    severities.add_unknown(connection, first, {"purple": 2, "蓝": 1}, NOW)
    severities.add_unknown(connection, first, {"purple": 5}, LATER)
    severities.add_unknown(connection, second, {"purple": 1}, NOW)
    severities.add_unknown(connection, second, {}, LATER)

    purple, blue = severities.fetch_unknown(connection, first)
    assert (purple["word"], purple["count"]) == ("purple", 7)
    assert (purple["first_seen_at"], purple["last_seen_at"]) == (NOW, LATER)
    assert (blue["word"], blue["count"], blue["last_seen_at"]) == ("蓝", 1, NOW)
    assert counts(connection, second) == {"purple": 1}


def test_a_source_that_never_repeats_a_word_cannot_fill_the_table(connection: Connection) -> None:
    monitor_id = add_monitor(connection)
    severities.add_unknown(connection, monitor_id, {f"id {number}": 1 for number in range(MAX_WORDS + 5)}, NOW)
    severities.add_unknown(connection, monitor_id, {"one more": 3, "id 7": 1, "x" * 500: 1}, LATER)

    found = counts(connection, monitor_id)
    assert len(found) == MAX_WORDS + 1
    assert (found["id 7"], found[OTHERS]) == (2, 5 + 3 + 1)


def test_long_words_and_null_characters_fit_any_database(connection: Connection) -> None:
    monitor_id = add_monitor(connection)
    severities.add_unknown(connection, monitor_id, {"紫" * 200: 1, "紫" * 300: 1, "a\0b": 1}, NOW)
    assert counts(connection, monitor_id) == {"紫" * 100: 2, "ab": 1}


def test_words_that_the_table_now_knows_are_forgotten(connection: Connection) -> None:
    monitor_id = add_monitor(connection)
    severities.add_unknown(connection, monitor_id, {"purple": 2, "blue": 1}, NOW)
    severities.forget_unknown(connection, monitor_id, ["purple", "never seen"])
    assert counts(connection, monitor_id) == {"blue": 1}
