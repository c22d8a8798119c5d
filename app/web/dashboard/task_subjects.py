"""What tasks are about, by name, for the rows of lists."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.web.context import services
from app.web.dashboard.translation import translate

Row = Mapping[Any, Any]
LINKS = {
    "page_id": ("/pages/{}", "tasks.subject_page"),
    "window_id": ("/maintenance/{}", "tasks.subject_window"),
    "notification_id": ("/notifications/{}", "tasks.subject_notification"),
    "channel_id": ("/channels/{}", "tasks.subject_channel"),
}
"""The pages of what other parameters name, and the texts for their numbers."""


def with_subjects(tasks: Sequence[Row], monitors: Mapping[int, str]) -> list[dict[Any, Any]]:
    """Return tasks or dead letters, each with its monitor's name and its `subject`: an address and a text, or None.

    `monitors` are the names of monitors by id.
    """
    inventory = services().inventory.inventory
    hosts, items = inventory.host_names(_ids(tasks, "host_id")), inventory.item_names(_ids(tasks, "item_id"))
    return [
        {**task, "monitor_name": monitors.get(task["monitor_id"]), "subject": _subject(task["params"], hosts, items)}
        for task in tasks
    ]


def _subject(params: Row, hosts: Mapping[int, str], items: Mapping[int, str]) -> tuple[str, str] | None:
    host_id, item_id = params.get("host_id"), params.get("item_id")
    if item_id is not None:
        names = [name for name in (items.get(item_id, str(item_id)), hosts.get(host_id or 0)) if name]
        return f"/items/{item_id}", " · ".join(names)
    if host_id is not None:
        return f"/hosts/{host_id}", hosts.get(host_id, str(host_id))
    for name, (address, text) in LINKS.items():
        if params.get(name) is not None:
            return address.format(params[name]), translate(text, id=params[name])
    alert_ids = params.get("alert_ids")
    if alert_ids:
        return f"/alerts/{alert_ids[0]}", translate("tasks.subject_alerts", count=len(alert_ids))
    return None


def _ids(tasks: Iterable[Row], name: str) -> set[int]:
    return {found for task in tasks if isinstance(found := task["params"].get(name), int)}
