"""A JSON-RPC server that speaks the dialect of one version of Zabbix, and refuses what that version refuses."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.unit.connectors.zabbix.fake_problems import FakeProblems, Row

__all__ = ["FakeZabbix", "Refusal", "Row", "interface", "invalid", "refuse"]

TOKEN = "f" * 64
BLOCKED = "Incorrect user name or password or account is temporarily blocked."


class FakeZabbix(FakeProblems):
    """A JSON-RPC server of one version; `calls` holds what was sent, `say` puts an answer in the place of its own."""

    def __init__(self, version: str) -> None:
        super().__init__()
        self.version = version
        self.dialect = tuple(int(part) for part in version.split(".")[:2])
        self.hosts: dict[str, Row] = {}
        self.items: dict[str, Row] = {}
        self.groups = {"机房": "100"}
        self.calls: list[Row] = []
        self.sessions: set[str] = set()
        self.say: dict[str, Callable[[Row], Any]] = {}
        self.logins = 0

    def respond(self, request: Any) -> None:
        assert request.path == "/zabbix/api_jsonrpc.php"
        assert request.headers["Content-Type"] == "application/json"
        call = request.json | {"header": request.headers["Authorization"]}
        self.calls.append(call)
        answer = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            request.answer(answer | {"result": self.result(call)})
        except Refusal as refusal:
            code, message, data = refusal.args
            request.answer(answer | {"error": {"code": code, "message": message, "data": data}})

    def result(self, call: Row) -> Any:
        method, params = call["method"], call["params"]
        credential = self.credential(call)
        if method in ("apiinfo.version", "user.login"):
            if credential:
                raise invalid(f'The "{method}" method must be called without the "auth" parameter.')
        elif credential not in self.sessions | {TOKEN}:
            is_token = credential is None or len(credential) == 64
            raise invalid("Not authorized." if is_token else "Session terminated, re-login, please.")
        if method == "user.logout":
            self.sessions.discard(str(credential))
        if method in self.say:
            return self.say[method](params)
        return getattr(self, method.replace(".", "_"))(params)

    def credential(self, call: Row) -> str | None:
        if self.dialect < (6, 4):
            assert call["header"] is None
            return call.get("auth")
        assert "auth" not in call
        return call["header"] and str(call["header"]).removeprefix("Bearer ")

    def apiinfo_version(self, params: Any) -> str:
        return self.version

    def user_login(self, params: Row) -> str:
        self.logins += 1
        if {*params} != {"username" if self.dialect >= (5, 4) else "user", "password"}:
            raise invalid('Invalid parameter "/": unexpected parameter.')
        if [*params.values()] != ["Admin", "zabbix"]:
            raise Refusal(-32500, "Application error.", BLOCKED)
        self.sessions.add(f"session{self.logins:025}")
        return f"session{self.logins:025}"

    def user_logout(self, params: Any) -> bool:
        assert params == []
        return True

    def host_get(self, params: Row) -> list[Row]:
        wanted = params.get("hostids", [*self.hosts])
        assert all(one.isdigit() for one in wanted)
        named = params.get("filter", {}).get("host")
        found = [self.hosts[one] for one in wanted if one in self.hosts][: params.get("limit")]
        found = [row for row in found if named is None or row["host"] in named]
        if "selectItems" in params:
            counts = Counter(item["hostid"] for item in self.items.values())
            return [{"hostid": row["hostid"], "items": str(counts[row["hostid"]])} for row in found]
        related = {"selectInterfaces": "interfaces", "selectGroups": "groups", "selectHostGroups": "hostgroups"}
        related["selectTags"] = "tags"
        names = [*params["output"], *(name for select, name in related.items() if select in params)]
        return [{name: row[name] for name in names if name in row} for row in found]

    def item_get(self, params: Row) -> list[Row]:
        found = [item for item in self.items.values() if item["itemid"] in params.get("itemids", self.items)]
        keys = params.get("filter", {}).get("key_")
        found = [row for row in found if keys is None or row["key_"] in keys]
        return [row for row in found if row["hostid"] in params.get("hostids", self.hosts)]

    def hostgroup_get(self, params: Row) -> list[Row]:
        return [{"groupid": one, "name": name} for name, one in self.groups.items() if name in params["filter"]["name"]]

    def hostgroup_create(self, params: Row) -> Row:
        self.groups[params["name"]] = str(100 + len(self.groups))
        return {"groupids": [self.groups[params["name"]]]}

    def host_create(self, params: Row) -> Row:
        host_id = str(20_000 + len(self.hosts))
        names = {one: name for name, one in self.groups.items()}
        groups = [{"name": names[group["groupid"]]} for group in params["groups"]]
        row = self.add_host(host_id, **{name: params[name] for name in ("host", "name", "description", "status")})
        row["hostgroups" if self.dialect >= (6, 2) else "groups"] = groups
        row["interfaces"] = [row["interfaces"][0] | made for made in params.get("interfaces", [])]
        return {"hostids": [host_id]}

    def hostinterface_get(self, params: Row) -> list[Row]:
        (host_id,) = params["hostids"]
        interfaces = self.hosts[host_id]["interfaces"]
        return [
            {"interfaceid": str(n), "type": one["type"], "main": one["main"]} for n, one in enumerate(interfaces, 1)
        ]

    def item_create(self, params: Row) -> Row:
        item_id = str(30_000 + len(self.items))
        self.add_item(item_id, params["hostid"], **{"delay": "0", "lastclock": "0", "lastns": "0"} | params)
        return {"itemids": [item_id]}

    def host_update(self, params: Row) -> Row:
        self.hosts[params["hostid"]] |= params
        return {"hostids": [params["hostid"]]}

    def item_update(self, params: Row) -> Row:
        self.items[params["itemid"]] |= params
        return {"itemids": [params["itemid"]]}

    def add_host(self, host_id: str, items: int = 0, **fields: Any) -> Row:
        """Add a host as this version tells of it, with that many items."""
        interface = {"main": "1", "type": "1", "useip": "1", "ip": f"10.0.0.{len(self.hosts) + 1}", "dns": ""}
        reached = {"available": "1", "error": ""}
        if self.dialect >= (5, 4):
            interface |= reached
        else:
            fields = (
                {f"{kind}{name}": "0" for kind in ("snmp_", "ipmi_", "jmx_") for name in reached} | reached | fields
            )
        groups = "hostgroups" if self.dialect >= (6, 2) else "groups"
        row = {
            "hostid": host_id,
            "host": f"host-{host_id}",
            "name": f"主机 {host_id}",
            "description": "",
            "status": "0",
            "tags": [],
        }
        self.hosts[host_id] = {**row, "interfaces": [interface], groups: [{"name": "机房"}], **fields}
        for n in range(items):
            self.add_item(f"{host_id}{n:03}", host_id)
        return self.hosts[host_id]

    def add_item(self, item_id: str, host_id: str, **fields: str) -> None:
        row = {
            "itemid": item_id,
            "hostid": host_id,
            "name": "CPU 使用率",
            "key_": f"cpu[{item_id}]",
            "lastvalue": "40.5",
        }
        row |= {"lastclock": "1795485231", "lastns": "779123456", "value_type": "0", "units": "%", "delay": "1m"}
        self.items[item_id] = row | {"status": "0", "state": "0", "error": "", "description": "第一行\n2"} | fields

    def method_count(self, method: str) -> int:
        return len(self.sent(method))

    def sent(self, method: str) -> list[Row]:
        return [call["params"] for call in self.calls if call["method"] == method]


class Refusal(Exception):
    """An error that the API answers: its code, message and data."""


def invalid(data: str) -> Refusal:
    return Refusal(-32602, "Invalid params.", data)


def refuse(refusal: Refusal) -> Callable[[Any], Any]:
    def raise_it(params: Any) -> Any:
        raise refusal

    return raise_it


def interface(address: str, main: str = "1", kind: str = "1", useip: str = "1", **fields: str) -> Row:
    place = {"ip": address, "dns": ""} if useip == "1" else {"ip": "127.0.0.1", "dns": address}
    return {"main": main, "type": kind, "useip": useip, "available": "1", "error": "", **place, **fields}
