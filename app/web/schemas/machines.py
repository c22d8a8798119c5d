"""Machines: hosts of several monitors that are one."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from app.enums import IdentityKind, IdentityMode, InventoryStatus, JoinWay, Severity
from app.services.machines.joining import MAX_HOSTS
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Text, Timestamp, code, query_id, row_id, word
from app.web.schemas.pages import PageQuerySchema

MAX_FAULTS = 50
MAX_WORDS = 100


class MachineQuerySchema(PageQuerySchema):
    """Filters of the list of machines."""

    q = Text(max=200, metadata={"description": "Text in the name of the machine, or a name or address of a host"})
    monitor_id = query_id(metadata={"description": "Only machines with a host of this monitor"})


class SuggestionQuerySchema(PageQuerySchema):
    """Filters of the list of suggestions."""

    host_id = query_id(metadata={"description": "Only suggestions with this host"})


def _are_different(host_ids: list[int]) -> None:
    if len(set(host_ids)) < len(host_ids):
        raise ValidationError("Must be different hosts.")


def _host_ids(least: int, most: int = MAX_HOSTS, **kwargs: Any) -> fields.List[int]:
    checks = (validate.Length(min=least, max=most), _are_different)
    return fields.List(row_id(), validate=checks, metadata={"uniqueItems": True}, **kwargs)


class PairSchema(RequestSchema):
    """Two hosts."""

    host_ids = _host_ids(2, 2, required=True)


class NewMachineSchema(RequestSchema):
    """Hosts that are one machine, with all that are one with them already."""

    host_ids = _host_ids(2, required=True)
    name = Text(min=1, max=512, metadata={"description": "The name of the host with the shortest one if not given"})


class MachineChangesSchema(RequestSchema):
    """The editable fields of a machine."""

    name = Text(min=1, max=512, required=True)


class MergeSchema(RequestSchema):
    """Another machine, hosts, or both."""

    json_schema: ClassVar[Mapping[str, Any]] = {"anyOf": [{"required": ["machine_id"]}, {"required": ["host_ids"]}]}

    machine_id = row_id(metadata={"description": "The machine whose hosts become part of this one"})
    host_ids = _host_ids(1)


class SplitSchema(RequestSchema):
    """Hosts that are not this machine."""

    host_ids = _host_ids(1, required=True)


class IdentitySchema(AnswerSchema):
    """Something that identifies a host, normalized: lower case, without a port."""

    kind = word(IdentityKind)
    value = fields.String()


class NamedHostSchema(AnswerSchema):
    """A host with its monitor."""

    id = fields.Integer()
    name = fields.String()
    display_name = fields.String()
    ip_addr = fields.String(allow_none=True)
    status = code(InventoryStatus)
    monitor_id = fields.Integer()
    monitor_name = fields.String()
    monitor_type = fields.String()


class MachineHostSchema(NamedHostSchema):
    """A host of a machine, and why it is part of it."""

    way = word(JoinWay, metadata={"description": "Whether a rule or a person made it part of the machine"})
    reason = fields.String(metadata={"description": "The identity that was equal, or the name of the person"})
    joined_at = Timestamp()


class IdentifiedHostSchema(MachineHostSchema):
    """The same with what identifies it."""

    identities = fields.List(fields.Nested(IdentitySchema))


class MachineSchema(AnswerSchema):
    """Two or more hosts that are one machine."""

    id = fields.Integer()
    name = fields.String()
    created_at = Timestamp()
    open_alerts = fields.Integer(metadata={"description": "Open alerts of all its hosts, without suppressed ones"})
    worst_severity = code(Severity, allow_none=True)
    score = fields.Integer(metadata={"description": "Its health score, as one host"})
    hosts = fields.List(fields.Nested(MachineHostSchema))


class MachineDetailSchema(MachineSchema):
    """A machine with what identifies its hosts."""

    hosts = fields.List(fields.Nested(IdentifiedHostSchema))


class SplitMachinesSchema(AnswerSchema):
    """The machines that both parts are after a split; a part of one host is none."""

    items = fields.List(fields.Nested(MachineDetailSchema))


class SuggestionSchema(AnswerSchema):
    """Two hosts of different monitors that may be one machine."""

    host_ids = fields.List(fields.Integer())
    hosts = fields.List(fields.Nested(NamedHostSchema))
    reasons = fields.List(fields.Nested(IdentitySchema), metadata={"description": "What they share, the surest first"})


class IdentityRuleSchema(RequestSchema):
    """What an equal identity of one kind does."""

    mode = fields.String(required=True, validate=validate.OneOf([*IdentityMode]))
    labels = fields.List(
        Text(min=1, max=200),
        required=True,
        validate=validate.Length(max=20),
        metadata={"description": "Labels of hosts that carry it too"},
    )


class FaultWordsSchema(RequestSchema):
    """A class of faults, and the words of an alert's name or message that tell it."""

    fault = Text(min=1, max=50, required=True)
    words = fields.List(Text(min=2, max=100), required=True, validate=validate.Length(min=1, max=MAX_WORDS))


class IdentityRulesSchema(RequestSchema):
    """The rules of the kinds of identities; those that are left out stay."""

    machine_id = fields.Nested(IdentityRuleSchema)
    source_id = fields.Nested(IdentityRuleSchema)
    fqdn = fields.Nested(IdentityRuleSchema)
    address = fields.Nested(IdentityRuleSchema)
    name = fields.Nested(IdentityRuleSchema)


class NewMachineRulesSchema(RequestSchema):
    """Settings of machines; what is left out stays."""

    identities = fields.Nested(IdentityRulesSchema)
    faults = fields.List(
        fields.Nested(FaultWordsSchema),
        allow_none=True,
        validate=validate.Length(max=MAX_FAULTS),
        metadata={"description": "An empty list lets every alert count for itself; `null` restores the default table"},
    )


class IdentityRuleAnswerSchema(AnswerSchema):
    """What an equal identity of one kind does."""

    mode = word(IdentityMode)
    labels = fields.List(fields.String(), metadata={"description": "Labels of hosts that carry it too"})


class IdentityRulesAnswerSchema(AnswerSchema):
    """The rule of each kind of identity."""

    machine_id = fields.Nested(IdentityRuleAnswerSchema)
    source_id = fields.Nested(IdentityRuleAnswerSchema)
    fqdn = fields.Nested(IdentityRuleAnswerSchema)
    address = fields.Nested(IdentityRuleAnswerSchema)
    name = fields.Nested(IdentityRuleAnswerSchema)


class FaultWordsAnswerSchema(AnswerSchema):
    """A class of faults with its words."""

    fault = fields.String()
    words = fields.List(fields.String())


class MachineRulesSchema(AnswerSchema):
    """What makes hosts one machine, and alerts witnesses of one fault."""

    identities = fields.Nested(IdentityRulesAnswerSchema)
    faults = fields.List(fields.Nested(FaultWordsAnswerSchema))
    are_faults_default = fields.Boolean()
