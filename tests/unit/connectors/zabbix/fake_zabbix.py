"""A JSON-RPC server that speaks the dialect of one version of Zabbix, and refuses what that version refuses."""

from collections import defaultdict
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
        self.item_ids: dict[str, list[str]] = defaultdict(list)
        self.groups = {"机房": "100"}
        self.calls: list[Row] = []
        self.sessions: set[str] = set()
        self.say: dict[str, Callable[[Row], Any]] = {}
        self.logins = 0
        self.value_maps: dict[str, Row] = {}
        self.named: dict[str, list[Row]] = {}
        """What `maintenance.get`, `proxy.get` and `proxygroup.get` know, by API."""
        self.second_factor = False
        self.drops_authorization = False

    def respond(self, request: Any) -> None:
        assert request.path == "/zabbix/api_jsonrpc.php"
        assert request.headers["Content-Type"] == "application/json"
        header = None if self.drops_authorization else request.headers["Authorization"]
        call = request.json | {"header": header}
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
        elif credential not in self.sessions | {TOKEN} or (self.second_factor and credential != TOKEN):
            is_token = credential is None or len(credential) == 64
            raise invalid("Not authorized." if is_token else "Session terminated, re-login, please.")
        if method == "user.logout":
            self.sessions.discard(str(credential))
        if method in self.say:
            return self.say[method](params)
        return getattr(self, method.replace(".", "_"))(params)

    def credential(self, call: Row) -> str | None:
        header = str(call["header"] or "")
        bearer = header.removeprefix("Bearer ") if header.startswith("Bearer ") else None
        assert bearer is None or self.dialect >= (6, 4)
        assert "auth" not in call or self.dialect < (7, 2)
        return bearer or call.get("auth")

    def apiinfo_version(self, params: Any) -> str:
        return self.version

    def user_login(self, params: Row) -> Any:
        self.logins += 1
        name = "username" if self.dialect >= (5, 4) else "user"
        if {*params} - {"userData"} != {name, "password"}:
            raise invalid('Invalid parameter "/": unexpected parameter.')
        if (params[name], params["password"]) != ("Admin", "zabbix"):
            raise Refusal(-32500, "Application error.", BLOCKED)
        session = f"session{self.logins:025}"
        self.sessions.add(session)
        return {"sessionid": session, "mfaid": str(int(self.second_factor))} if params.get("userData") else session

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
            return [{"hostid": row["hostid"], "items": str(len(self.items_of(row["hostid"])))} for row in found]
        related = {"selectInterfaces": "interfaces", "selectGroups": "groups", "selectHostGroups": "hostgroups"}
        related |= {"selectTags": "tags", "selectParentTemplates": "parentTemplates", "selectInventory": "inventory"}
        names = [*params["output"], *(name for select, name in related.items() if select in params)]
        return [{name: row[name] for name in names if name in row} for row in found]

    def item_get(self, params: Row) -> list[Row]:
        found = [row for host in params.get("hostids", self.hosts) for row in self.items_of(host)]
        if "itemids" in params:
            known = [self.items[one] for one in params["itemids"] if one in self.items]
            found = [row for row in known if row["hostid"] in params.get("hostids", self.hosts)]
        assert "name_resolved" not in params["output"] or self.dialect >= (7, 0)
        for name, values in params.get("filter", {}).items():
            found = [row for row in found if row[name] in values]
        return [{name: row[name] for name in params["output"] if name in row} for row in found]

    def items_of(self, host_id: str) -> list[Row]:
        return [self.items[one] for one in self.item_ids.get(host_id, ())]

    def valuemap_get(self, params: Row) -> list[Row]:
        return [self.value_maps[one] for one in params["valuemapids"] if one in self.value_maps]

    def proxy_get(self, params: Row) -> list[Row]:
        return [row for row in self.named.get("proxy", []) if row["proxyid"] in params["proxyids"]]

    def proxygroup_get(self, params: Row) -> list[Row]:
        assert self.dialect >= (7, 0)
        return [row for row in self.named.get("proxygroup", []) if row["proxy_groupid"] in params["proxy_groupids"]]

    def history_get(self, params: Row) -> list[Row]:
        return []

    trend_get = history_get

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
            {"interfaceid": str(n)} | {name: one[name] for name in ("type", "main", "ip")}
            for n, one in enumerate(interfaces, 1)
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
        interface = {
            "main": "1",
            "type": "1",
            "useip": "1",
            "ip": f"10.0.0.{len(self.hosts) + 1}",
            "dns": "",
            "port": "10050",
        }
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
            "maintenance_status": "0",
            "maintenanceid": "0",
            "maintenance_from": "0",
            "parentTemplates": [],
            "inventory": [],
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
        row["valuemapid"] = "0"
        if self.dialect >= (7, 0):
            row["name_resolved"] = fields.get("name", row["name"])
        row |= {"lastclock": "1795485231", "lastns": "779123456", "value_type": "0", "units": "%", "delay": "1m"}
        self.item_ids[host_id].append(item_id)
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
