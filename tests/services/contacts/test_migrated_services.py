"""Channels that a migration made of notifications say by which service they send."""

from sqlalchemy import update

from app.composition import Services
from app.models import Channel
from app.services.access.audit import COMMAND_LINE
from app.store.contacts import channels
from app.store.database.vault import Vault

FIELDS = {"kind": "apprise", "url": "json://127.0.0.1:9", "language": "en", "timezone": "UTC"}
FIELDS |= {"delivery": "at_most_once"}


def test_the_leader_names_the_services_once(services: Services) -> None:
    ids = [
        services.contacts.channels.create({"name": name, "enabled": True, **FIELDS}, COMMAND_LINE)["id"]
        for name in ("migrated", "of another key", "new")
    ]
    with services.database.transaction() as connection:
        connection.execute(update(Channel).where(Channel.id.in_(ids[:2])).values(service=""))
        channels.change(connection, ids[1], {"url_sealed": Vault("another secret").seal("json://127.0.0.1:9")})
    services.recovery.tick("leader")
    shown = [services.contacts.channels.get(each)["service"] for each in ids]
    assert shown == ["json", "apprise", "json"]
