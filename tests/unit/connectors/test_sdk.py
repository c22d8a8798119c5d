"""The public surface for connectors in packages of their own: a name that goes, goes with a new major version."""

from app.connectors import sdk

PROMISED = {
    *("Connector", "MonitorAccess", "ReadOnly", "MAX_NAME", "MAX_TEXT", "storable"),
    *("HostRecord", "ItemRecord", "HostPage", "ItemPage", "HostEdit", "ItemEdit", "NewHost", "NewItem"),
    *("HasHistory", "PastValue"),
    *("WritesMaintenance", "MaintenanceAbility", "SourceMaintenance", "MaintenanceUnit", "Occurrence"),
    *("Matcher", "Operator"),
    *("AlertReport", "AlertPage", "Completeness", "Quiet", "QuietKind", "Severity", "HttpSource", "HttpLimits"),
    *("Invalid", "SourceError", "SourceUnreachable", "SourceTimeout", "SourceFailing", "SourceRefusedLogin"),
    *("SourceRejected", "SourceGarbled", "SourceForbidden", "SourceConflict", "SourceReadOnly"),
}


def test_what_is_promised_is_there_and_nothing_else() -> None:
    assert {*sdk.__all__} == PROMISED
    assert all(hasattr(sdk, name) for name in PROMISED)
