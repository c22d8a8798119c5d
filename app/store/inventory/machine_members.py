"""Which machine a host is, as the lists of hosts and items show and filter it."""

from sqlalchemy import Select, select

from app.models import Host, MachineHost

HOSTS = Host.__table__.c
MEMBERS = MachineHost.__table__.c
MACHINE_ID = (
    select(MEMBERS.machine_id)
    .where(MEMBERS.host_id == HOSTS.id)
    .correlate(Host.__table__)
    .scalar_subquery()
    .label("machine_id")
)


def hosts_of_machine(machine_id: int) -> Select[tuple[int]]:
    """Return the statement of the ids of a machine's hosts."""
    return select(MEMBERS.host_id).where(MEMBERS.machine_id == machine_id)
