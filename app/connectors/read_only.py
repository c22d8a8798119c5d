"""Shared by the connectors of read-only sources."""

from typing import ClassVar

from app.connectors.base import HostEdit, ItemEdit, NewHost, NewItem
from app.errors import SourceReadOnly


class ReadOnly:
    """Rejects every write."""

    writable: ClassVar[bool] = False

    def update_host(self, external_id: str, edit: HostEdit) -> None:  # noqa: ARG002
        """Raise SourceReadOnly."""
        raise SourceReadOnly("Hosts are read-only at this type of monitor")

    def update_item(self, external_id: str, edit: ItemEdit) -> None:  # noqa: ARG002
        """Raise SourceReadOnly."""
        raise SourceReadOnly("Items are read-only at this type of monitor")

    def create_host(self, host: NewHost) -> str:  # noqa: ARG002
        """Raise SourceReadOnly."""
        raise SourceReadOnly("Hosts cannot be created at this type of monitor")

    def create_item(self, host_external_id: str, item: NewItem) -> str:  # noqa: ARG002
        """Raise SourceReadOnly."""
        raise SourceReadOnly("Items cannot be created at this type of monitor")

    def acknowledge_alert(self, external_id: str, comment: str) -> None:  # noqa: ARG002
        """Raise SourceReadOnly."""
        raise SourceReadOnly("Alerts cannot be acknowledged at this type of monitor")
