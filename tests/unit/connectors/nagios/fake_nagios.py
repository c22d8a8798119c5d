"""The JSON CGIs of a Nagios Core, as release 4.4.6 answers; lists are ordered by host, as there."""

from typing import Any
from urllib.parse import urlsplit

NOW = 1_795_939_126_000
CGI_BIN = "/nagios4/cgi-bin"
BITS = {"pending": 1, "up": 2, "down": 4, "unreachable": 8}
SERVICE_BITS = {"pending": 1, "ok": 2, "warning": 4, "unknown": 8, "critical": 16}


def state(status: int, **fields: Any) -> dict[str, Any]:
    """Return what hosts and services have in common in statusjson.cgi."""
    return {
        "plugin_output": "it burns: 温度",
        "long_plugin_output": "",
        "perf_data": "",
        "status": status,
        "last_check": 0 if status == 1 else NOW,
        "checks_enabled": False,
        "accept_passive_checks": True,
        "last_state_change": NOW,
        "last_hard_state_change": NOW,
        "state_type": 1,
        "problem_has_been_acknowledged": False,
        "is_flapping": False,
        "scheduled_downtime_depth": 0,
        **fields,
    }


class FakeNagios:
    """Answers queries of both CGIs."""

    def __init__(self) -> None:
        self.configured: dict[str, dict[str, Any]] = {}
        self.hosts: dict[str, dict[str, Any]] = {}
        self.services: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, Any] = {}
        self.downtimes: dict[str, Any] = {}
        self.updated_at = NOW
        self.program_start = NOW
        self.restarts_each_time = False
        self.error: tuple[int, str] | None = None
        self.asked: list[dict[str, str]] = []

    def add_host(self, name: str, status: int = 2, **fields: Any) -> None:
        self.configured[name] = {
            "name": name,
            "display_name": name,
            "alias": f"服务器 {name}",
            "address": "127.0.0.2",
            "parent_hosts": [],
            "check_command": "check_snmp!-C hush",
            "check_period": "always",
            "notes": "",
            "notes_url": "",
            "custom_variables": {"_COMMUNITY": "hush"},
        }
        self.hosts[name] = {"name": name, **state(status, **fields)}
        self.services[name] = {}

    def add_service(self, host: str, name: str, status: int = 2, **fields: Any) -> None:
        self.services[host][name] = {"host_name": host, "description": name, **state(status, **fields)}

    def respond(self, request: Any) -> None:
        path = urlsplit(request.path).path
        if not path.startswith(f"{CGI_BIN}/"):
            request.answer(b"<html>Not Found</html>", 404)
            return
        request.answer(
            self.tell(path.removeprefix(f"{CGI_BIN}/"), {name: one for name, (one,) in request.query.items()})
        )

    def tell(self, cgi: str, params: dict[str, str]) -> Any:
        self.asked.append(params)
        query = params["query"]
        code, message, data = 0, "", {}
        if self.error:
            code, message = self.error
        elif "hostname" in params and params["hostname"] not in self.hosts:
            code, message = 6, f"The host '{params['hostname']}' could not be found."
        else:
            data = self.data(cgi, query, params)
        self.program_start += 1000 * self.restarts_each_time
        about = {"query_time": NOW, "program_start": self.program_start, "last_data_update": self.updated_at}
        told = {"cgi": cgi, "query": query, "type_code": code, "type_text": "", "message": message}
        return {"format_version": 0, "result": about | told, "data": data}

    def data(self, cgi: str, query: str, params: dict[str, str]) -> dict[str, Any]:
        if query == "programstatus":
            return {query: {"version": "4.4.6", "program_start": self.program_start}}
        if query == "hostgrouplist":
            return {query: {"linux": {"group_name": "linux", "alias": "", "members": [*self.hosts]}}}
        if query == "commentlist":
            return {query: self.comments}
        if query == "downtimelist":
            return {query: self.downtimes}
        if query == "host":
            return {query: (self.configured if cgi == "objectjson.cgi" else self.hosts)[params["hostname"]]}
        if query.startswith("host"):
            names = self.wanted_hosts(params)
            if query == "hostcount":
                return {
                    "count": {
                        word: sum(self.hosts[one]["status"] == bit for one in names) for word, bit in BITS.items()
                    }
                }
            shown = self.configured if cgi == "objectjson.cgi" else self.hosts
            return {query: {one: shown[one] for one in self.page(names, params)}}
        return self.service_data(query, params)

    def wanted_hosts(self, params: dict[str, str]) -> list[str]:
        bits = [BITS[word] for word in params.get("hoststatus", " ".join(BITS)).split()]
        return [name for name in sorted(self.hosts) if self.hosts[name]["status"] in bits]

    def service_data(self, query: str, params: dict[str, str]) -> dict[str, Any]:
        bits = [SERVICE_BITS[word] for word in params.get("servicestatus", " ".join(SERVICE_BITS)).split()]
        hosts = [params["hostname"]] if "hostname" in params else sorted(self.services)
        pairs = [(host, name) for host in hosts for name, one in self.services[host].items() if one["status"] in bits]
        if query == "servicecount":
            found = [self.services[host][name]["status"] for host, name in pairs]
            return {"count": {word: found.count(bit) for word, bit in SERVICE_BITS.items()}}
        page: dict[str, Any] = {}
        for host, name in self.page(pairs, params):
            page.setdefault(host, {})[name] = self.services[host][name] if "details" in params else 1
        # As Nagios does: the host after the last one has an empty object.
        return {query: page | {host: {} for host in hosts[:1] if host not in page}}

    def page(self, found: list[Any], params: dict[str, str]) -> list[Any]:
        start, count = int(params.get("start", 0)), int(params.get("count", len(found)))
        return found[start : start + count]
