"""When a person is told by which contact method: each user manages the own rules, admins those of all."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, current_editor, current_user, services
from app.web.schemas.contact_rules import (
    ContactRuleChangeSchema,
    ContactRuleChangesSchema,
    ContactRulesChangeSchema,
    ContactRuleSchema,
    ContactRulesSchema,
)

contact_rules = ApiBlueprint(
    "contact_rules", __name__, description="When a person is told by which contact method", writes=Scope.SETTINGS
)

MINE, OF_USER = "/users/me/contact-rules", "/users/<id:user_id>/contact-rules"
RULE = "/<id:rule_id>"
ALL: dict[str, Any] = {"body": ContactRulesChangeSchema, "answer": ContactRulesSchema}
NEW: dict[str, Any] = {"body": ContactRuleChangeSchema, "answer": ContactRuleSchema, "status": 201}
CHANGES: dict[str, Any] = {"body": ContactRuleChangesSchema, "answer": ContactRuleSchema, "errors": (404,)}


@contact_rules.operation("GET", MINE, role=Role.VIEWER, answer=ContactRulesSchema)
def get_my_contact_rules() -> Row:
    """Return when you are told by which contact method, in order. Rules that are not usable say why."""
    return services().contacts.contact_rules.get(_me())


@contact_rules.operation("PUT", MINE, role=Role.VIEWER, **ALL)
def replace_my_contact_rules(body: Mapping[str, Any]) -> Row:
    """Replace all of your contact rules. Without a usable one you are told by all verified contact methods at once."""
    return services().contacts.contact_rules.replace(_me(), body["rules"], current_editor())


@contact_rules.operation("POST", MINE, role=Role.VIEWER, errors=(409,), **NEW)
def create_my_contact_rule(body: Mapping[str, Any]) -> Row:
    """Add a contact rule of yours behind the others."""
    return services().contacts.contact_rules.add(_me(), body, current_editor())


@contact_rules.operation("PATCH", MINE + RULE, role=Role.VIEWER, **CHANGES)
def update_my_contact_rule(rule_id: int, body: Mapping[str, Any]) -> Row:
    """Change one of your contact rules in place, or move it."""
    return services().contacts.contact_rules.change(_me(), rule_id, body, current_editor())


@contact_rules.operation("DELETE", MINE + RULE, role=Role.VIEWER, status=204, errors=(404,))
def delete_my_contact_rule(rule_id: int) -> None:
    """Delete one of your contact rules."""
    services().contacts.contact_rules.delete(_me(), rule_id, current_editor())


@contact_rules.operation("GET", OF_USER, role=Role.ADMIN, answer=ContactRulesSchema, errors=(404,))
def get_contact_rules(user_id: int) -> Row:
    """Return when a user is told by which contact method, in order."""
    return services().contacts.contact_rules.get(user_id)


@contact_rules.operation("PUT", OF_USER, role=Role.ADMIN, errors=(404,), **ALL)
def replace_contact_rules(user_id: int, body: Mapping[str, Any]) -> Row:
    """Replace all of a user's contact rules."""
    return services().contacts.contact_rules.replace(user_id, body["rules"], current_editor())


@contact_rules.operation("POST", OF_USER, role=Role.ADMIN, errors=(404, 409), **NEW)
def create_contact_rule(user_id: int, body: Mapping[str, Any]) -> Row:
    """Add a contact rule of a user behind the others."""
    return services().contacts.contact_rules.add(user_id, body, current_editor())


@contact_rules.operation("PATCH", OF_USER + RULE, role=Role.ADMIN, **CHANGES)
def update_contact_rule(user_id: int, rule_id: int, body: Mapping[str, Any]) -> Row:
    """Change one of a user's contact rules in place, or move it."""
    return services().contacts.contact_rules.change(user_id, rule_id, body, current_editor())


@contact_rules.operation("DELETE", OF_USER + RULE, role=Role.ADMIN, status=204, errors=(404,))
def delete_contact_rule(user_id: int, rule_id: int) -> None:
    """Delete one of a user's contact rules."""
    services().contacts.contact_rules.delete(user_id, rule_id, current_editor())


def _me() -> int:
    return int(current_user()["id"])
