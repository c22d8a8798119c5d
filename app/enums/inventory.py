"""What the inventory, machines and heartbeats can be."""

from enum import IntEnum, StrEnum


class InventoryStatus(IntEnum):
    """The status of a host or an item."""

    INACTIVE = 0
    """Disabled, or gone from the source."""
    ACTIVE = 1
    ERROR = 2
    """The source cannot read it, or it has an open critical alert."""


class MonitorStatus(StrEnum):
    """The outcome of the last contact with a monitor."""

    UNKNOWN = "unknown"
    """Never contacted."""
    OK = "ok"
    ERROR = "error"


class HeartbeatStatus(StrEnum):
    """The status of a heartbeat."""

    NEW = "new"
    """It has never pinged; nothing is expected yet."""
    UP = "up"
    LATE = "late"
    """The ping did not come when it was expected; the grace is not over."""
    DOWN = "down"
    """It has an alert."""
    PAUSED = "paused"


class HeartbeatReason(StrEnum):
    """Why a heartbeat is down."""

    LATE = "late"
    """No ping came within the grace."""
    FAILED = "failed"
    """It reported a failure."""
    OVERRUN = "overrun"
    """It started and did not finish within the grace."""


class PingKind(StrEnum):
    """What a ping of a heartbeat says."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"


class IdentityKind(StrEnum):
    """What can tell that two hosts are one machine; the surest first."""

    MACHINE_ID = "machine_id"
    """An id that the machine itself has, in a label."""
    SOURCE_ID = "source_id"
    """The id of the host at a Zabbix server; other sources have it in a label."""
    FQDN = "fqdn"
    ADDRESS = "address"
    NAME = "name"
    """A name without a domain, or the first part of one with a domain."""


class IdentityMode(StrEnum):
    """What an equal identity of two hosts does."""

    OFF = "off"
    SUGGEST = "suggest"
    """A person confirms or declines that they are one machine."""
    JOIN = "join"
    """They are one machine at once."""


class JoinWay(StrEnum):
    """What made a host part of a machine."""

    RULE = "rule"
    PERSON = "person"
