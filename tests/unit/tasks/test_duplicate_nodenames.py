"""Which worker counts as another one of the same name."""

from typing import Any

from tasks.duplicate_nodenames import DuplicateNodenames


def worker(id: str, seen_at: int, name: str = "a@host") -> dict[str, Any]:
    return {"id": id, "name": name, "hostname": "host", "pid": 7, "seen_at": str(seen_at)}


def test_one_that_goes_on_to_be_seen_is_a_namesake() -> None:
    namesakes = DuplicateNodenames("a@host/1", "a@host")
    assert not namesakes.watch([worker("a@host/1", 1), worker("a@host/2", 1), worker("b@host/3", 1, "b@host")])
    assert namesakes.watch([worker("a@host/1", 2), worker("a@host/2", 2), worker("b@host/3", 2, "b@host")])
    assert not namesakes.watch([worker("a@host/1", 3)])


def test_one_that_was_killed_is_none() -> None:
    namesakes = DuplicateNodenames("a@host/1", "a@host")
    assert not any(namesakes.watch([worker("a@host/1", second), worker("a@host/2", 0)]) for second in range(10))


def test_one_of_an_earlier_version_has_no_id() -> None:
    namesakes = DuplicateNodenames("a@host/1", "a@host")
    old = {"name": "a@host", "hostname": "host", "pid": 7}
    assert not any(
        namesakes.watch([worker("a@host/1", second), {**old, "seen_at": str(second)}]) for second in range(3)
    )
