"""Has a real Zabbix post its problems by the shipped media type, as docs/webhooks.md says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.real.zabbix_fill import ZabbixApi

SHIPPED = {
    "yaml": Path(__file__).parents[2] / "deploy" / "zabbix" / "nagare_media_type.yaml",
    "xml": Path(__file__).parents[2] / "deploy" / "zabbix" / "nagare_media_type_5.0.xml",
}
SECRET_TEXT = 1


def import_media_type(api: ZabbixApi) -> str:
    """Import the shipped media type, and return its id."""
    kind = "yaml" if api.version >= (6, 0) else "xml"
    rules = {"mediaTypes": {"createMissing": True, "updateExisting": True}}
    source = SHIPPED[kind].read_text(encoding="utf-8")
    api.call("configuration.import", {"format": kind, "source": source, "rules": rules})
    [media_type] = api.call("mediatype.get", {"filter": {"name": "nagare"}, "output": ["mediatypeid"]})
    return str(media_type["mediatypeid"])


@contextmanager
def posting(api: ZabbixApi, host_id: str, url: str, token: str) -> Iterator[None]:
    """Have Zabbix post what happens on a host, as docs/webhooks.md says."""
    _delete(api)  # what a test that was killed left behind
    media_type = {"mediatypeid": import_media_type(api)}
    secret = {"macro": "{$NAGARE.TOKEN}", "value": token, "type": SECRET_TEXT}
    given = {
        "{$NAGARE.URL}": url,
        "{$NAGARE.TIMEZONE}": "UTC",
        "{$ZABBIX.URL}": api.url.removesuffix("/api_jsonrpc.php"),
    }
    # 5.0 wants the same fields in each.
    new = [{"macro": macro, "value": value, "type": 0} for macro, value in given.items()]
    api.call("usermacro.createglobal", [*new, secret])
    media = {**media_type, "sendto": "nagare", "active": 0, "severity": 63, "period": "1-7,00:00-24:00"}
    # Zabbix tells nobody of what they did themselves: the messenger is a user of its own.
    (notification_delivery,) = api.call("user.create", _messenger(api, media))["userids"]
    told = {"opmessage": {"default_msg": 1, **media_type}, "opmessage_usr": [{"userid": notification_delivery}]}
    action = {
        "name": "nagare",
        "eventsource": 0,
        "filter": {"evaltype": 0, "conditions": [{"conditiontype": 1, "operator": 0, "value": host_id}]},
        "operations": [{"operationtype": 0, **told}],
        "recovery_operations": [{"operationtype": 0, **told}],
        ("update_operations" if api.version >= (6, 0) else "acknowledge_operations"): [{"operationtype": 0, **told}],
    }
    api.call("action.create", action)
    try:
        yield
    finally:
        _delete(api)
        api.call("mediatype.delete", [media_type["mediatypeid"]])


def _delete(api: ZabbixApi) -> None:
    """Delete what `posting` makes beside the media type, which an import updates."""
    api.delete_named("action", "actionid", "name", "nagare")
    api.delete_named("user", "userid", "alias" if api.version < (5, 4) else "username", "nagare")
    macros = ["{$NAGARE.URL}", "{$NAGARE.TIMEZONE}", "{$ZABBIX.URL}", "{$NAGARE.TOKEN}"]
    query = {"globalmacro": True, "output": ["globalmacroid"], "filter": {"macro": macros}}
    if found := api.call("usermacro.get", query):
        api.call("usermacro.deleteglobal", [row["globalmacroid"] for row in found])


def _messenger(api: ZabbixApi, media: dict[str, Any]) -> dict[str, Any]:
    """Return a new administrator that has this media."""
    is_old = api.version < (5, 4)
    kind, name = ("type", "alias") if is_old else ("roleid", "username")
    query = {"filter": {name: "Admin"}, "output": [kind], "selectUsrgrps": ["usrgrpid"]}
    [admin] = api.call("user.get", query)
    groups = [{"usrgrpid": group["usrgrpid"]} for group in admin["usrgrps"]]
    account = {name: "nagare", "passwd": "Ein Wort 4711!", kind: admin[kind], "usrgrps": groups}
    # Before 5.4 all users have the time zone of the frontend, which is UTC in the lab.
    return {**account, "user_medias": [media]} if is_old else {**account, "timezone": "UTC", "medias": [media]}
