"""Converts `/api/v1/allmetrics` to items: one for each dimension of a chart; unexpected shapes are SourceGarbled."""

from app.connectors.answers import cut, read_clock, read_object, read_text, read_value
from app.connectors.base import MAX_NAME, ItemRecord
from app.connectors.netdata.nodes import Node
from app.errors import SourceGarbled
from app.rules.alerts.prometheus_labels import fit_external_id


def read_items(answer: object, node: Node) -> list[ItemRecord]:
    """Return the dimensions of all charts with their last values."""
    if not isinstance(answer, dict):
        raise SourceGarbled("Netdata returned metrics that are not an object")
    items: dict[str, ItemRecord] = {}
    for chart in answer:
        for item in _read_chart(chart, read_object(answer, chart), node):
            items.setdefault(item.external_id, item)
    return list(items.values())


def item_id(chart: str, dimension: str) -> str:
    """Return the external id of a dimension."""
    return fit_external_id(f"{chart}|{dimension}")


def _read_chart(id: str, chart: object, node: Node) -> list[ItemRecord]:
    value_at, units = read_clock(chart, "last_updated"), read_text(chart, "units")
    name = read_text(chart, "name", MAX_NAME) or id
    context, family = read_text(chart, "context", MAX_NAME), read_text(chart, "family", MAX_NAME)
    description = ", ".join(f"{word} {said}" for word, said in (("context", context), ("family", family)) if said)
    items = []
    for dimension, said in read_object(chart, "dimensions").items():
        value = None if value_at is None else read_value(said, "value")
        items.append(
            ItemRecord(
                host_external_id=node.external_id,
                external_id=item_id(id, dimension),
                name=cut(f"{name}: {read_text(said, 'name') or dimension}"),
                key=cut(f"{id}|{dimension}"),
                value=value,
                value_type="float",
                units=units,
                description=description,
                value_at=None if value is None else value_at,
            )
        )
    return items
