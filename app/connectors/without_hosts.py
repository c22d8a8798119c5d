"""Shared by the connectors of sources that have alerts, and no hosts and items of their own."""

from collections.abc import Iterator, Sequence

from app.connectors.base import AlertPage, Completeness, HostPage, ItemPage, ItemRecord
from app.connectors.read_only import ReadOnly
from app.rules.alerts.alert_reports import AlertReport

ALERTS_A_PAGE = 500


class WithoutHosts(ReadOnly):
    """Has no hosts: its alerts name theirs, and are linked to those of other monitors by people's rules."""

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:  # noqa: ARG002
        """Yield nothing."""
        yield from ()

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield a page without records that names these hosts, which the source does not know."""
        asked = list(dict.fromkeys(host_external_ids))
        if asked:
            yield ItemPage(asked, ())

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:  # noqa: ARG002
        """Return None."""
        return None


def pages_of(
    reports: Sequence[AlertReport],
    completeness: Completeness = Completeness.COMPLETE,
    missing: Sequence[str] = (),
    undecided_names: Sequence[str] = (),
) -> Iterator[AlertPage]:
    """Yield reports in pages of 500; the first page says what the source could not."""
    if reports or missing or undecided_names:
        yield AlertPage(reports[:ALERTS_A_PAGE], completeness, missing, undecided_names=undecided_names)
    for start in range(ALERTS_A_PAGE, len(reports), ALERTS_A_PAGE):
        yield AlertPage(reports[start : start + ALERTS_A_PAGE])
