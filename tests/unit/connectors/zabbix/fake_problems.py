"""The problems of a fake Zabbix: what it answers of them, and what it refuses."""

from typing import Any

Row = dict[str, Any]


class FakeProblems:
    """Problems by event id, triggers by trigger id; a problem's `r_eventid` tells that it is solved."""

    dialect: tuple[int, ...]

    def __init__(self) -> None:
        self.problems: dict[str, Row] = {}
        self.triggers: dict[str, Row] = {}
        self.maintenances: dict[str, str] = {}
        self.users: dict[str, str] = {}

    def add_problem(self, event_id: str, trigger_id: str, **fields: Any) -> Row:
        row = {"eventid": event_id, "objectid": trigger_id, "name": "CPU 使用率过高", "severity": "3", "opdata": ""}
        state = {"acknowledged": "0", "suppressed": "0", "r_eventid": "0", "acknowledges": []}
        told = {"clock": "1795485231", "ns": "779123456", "tags": [], "suppression_data": [], "cause_eventid": "0"}
        self.problems[event_id] = row | state | told | fields
        return self.problems[event_id]

    def suppress(self, event_id: str, maintenance_id: str = "0", until: str = "0", user_id: str = "0") -> None:
        """Suppress a problem by a maintenance or, without one, by a person."""
        row = {"maintenanceid": maintenance_id, "suppress_until": until}
        if self.dialect >= (6, 2):
            row["userid"] = user_id
        self.problems[event_id]["suppressed"] = "1"
        self.problems[event_id]["suppression_data"].append(row)

    def add_trigger(self, trigger_id: str, host_id: str, item_id: str, **fields: Any) -> Row:
        """Add a trigger of one item; `monitored` is not Zabbix's word, but what its filter of that name looks at."""
        self.triggers[trigger_id] = {
            "triggerid": trigger_id,
            "monitored": True,
            "expression": f"{{9{item_id}}}>90",
            "comments": "",
            "url": "",
            "hosts": [{"hostid": host_id, "host": f"host-{host_id}", "name": f"主机 {host_id}"}],
            "items": [{"itemid": item_id, "hostid": host_id, "name": "CPU 使用率"}],
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
        assert self.dialect >= (6, 4) or "cause_eventid" not in params["output"]
        selects = {
            "selectAcknowledges": "acknowledges",
            "selectTags": "tags",
            "selectSuppressionData": "suppression_data",
        }
        related = [name for select, name in selects.items() if select in params]
        return [{name: row[name] for name in ["eventid", *params["output"], *related]} for row in found]

    def event_get(self, params: Row) -> list[Row]:
        found = [self.problems[one] for one in params["eventids"] if one in self.problems]
        return [{name: row[name] for name in params["output"]} for row in found]

    def maintenance_get(self, params: Row) -> list[Row]:
        found = {one: self.maintenances[one] for one in params["maintenanceids"] if one in self.maintenances}
        return [{"maintenanceid": one, "name": name, "active_till": "1795489200"} for one, name in found.items()]

    def user_get(self, params: Row) -> list[Row]:
        assert self.dialect >= (5, 4)
        assert params["output"] == ["userid", "username"]
        return [{"userid": one, "username": self.users[one]} for one in params["userids"] if one in self.users]

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
