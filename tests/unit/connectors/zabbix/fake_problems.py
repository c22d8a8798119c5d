"""The problems of a fake Zabbix: what it answers of them, and what it refuses."""

from typing import Any

Row = dict[str, Any]


class FakeProblems:
    """Problems by event id, triggers by trigger id; a problem's `r_eventid` tells that it is solved."""

    def __init__(self) -> None:
        self.problems: dict[str, Row] = {}
        self.triggers: dict[str, Row] = {}

    def add_problem(self, event_id: str, trigger_id: str, **fields: Any) -> Row:
        row = {"eventid": event_id, "objectid": trigger_id, "name": "CPU 使用率过高", "severity": "3", "opdata": ""}
        state = {"acknowledged": "0", "suppressed": "0", "r_eventid": "0", "acknowledges": []}
        self.problems[event_id] = row | state | fields
        return self.problems[event_id]

    def add_trigger(self, trigger_id: str, host_id: str, item_id: str, **fields: Any) -> Row:
        """Add a trigger of one item; `monitored` is not Zabbix's word, but what its filter of that name looks at."""
        self.triggers[trigger_id] = {
            "triggerid": trigger_id,
            "monitored": True,
            "hosts": [{"hostid": host_id, "host": f"host-{host_id}"}],
            "items": [{"itemid": item_id, "hostid": host_id}],
            "functions": [{"functionid": f"9{item_id}", "itemid": item_id}],
            **fields,
        }
        return self.triggers[trigger_id]

    def problem_get(self, params: Row) -> list[Row]:
        assert (params["source"], params["object"]) == (0, 0)
        assert not params.get("recent")
        wanted = params.get("eventids", [*self.problems])
        found = [self.problems[one] for one in wanted if one in self.problems]
        found = [row for row in found if row["r_eventid"] == "0"]
        if "suppressed" in params:
            found = [row for row in found if (row["suppressed"] == "1") is params["suppressed"]]
        if "sortfield" in params:
            found.sort(key=lambda row: int(row["eventid"]))
        related = [] if "selectAcknowledges" not in params else ["acknowledges"]
        return [{name: row[name] for name in ["eventid", *params["output"], *related]} for row in found]

    def event_get(self, params: Row) -> list[Row]:
        return [{"eventid": one} for one in params["eventids"] if one in self.problems]

    def trigger_get(self, params: Row) -> list[Row]:
        related = {"selectHosts": "hosts", "selectItems": "items", "selectFunctions": "functions"}
        names = [*params["output"], *(name for select, name in related.items() if select in params)]
        found = [self.triggers[one] for one in params["triggerids"] if one in self.triggers]
        found = [row for row in found if row["monitored"] or not params.get("monitored")]
        return [{name: row[name] for name in names} for row in found]

    def event_acknowledge(self, params: Row) -> Row:
        (event_id,) = params["eventids"]
        row = self.problems[event_id]
        assert params["action"] in (2, 4, 6)
        assert ("message" in params) is bool(params["action"] & 4)
        assert 0 < len(params.get("message", "a")) <= 2048
        if params["action"] & 2:
            row["acknowledged"] = "1"
        row["acknowledges"].append({"message": params.get("message", "")})
        return {"eventids": [int(event_id)]}
