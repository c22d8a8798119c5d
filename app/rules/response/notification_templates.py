"""The built-in texts of notifications as templates, to start from, and the limits of templates."""

from collections.abc import Mapping
from typing import Any

from app.enums import Language

TITLE = "title_template"
BODY = "body_template"
FIELDS = (TITLE, BODY)
MAX_TITLE_TEMPLATE = 1000
MAX_BODY_TEMPLATE = 10_000
MAX_TITLE = 250
MAX_BODY = 12_000
"""In characters of what a template writes."""

ENGLISH = {
    TITLE: (
        "[nagare] {% if counts.alerts == 1 %}{{ alerts[0].label }}: {{ alerts[0].subject }}"
        "{% else %}{{ summary }}{% endif %}"
    ),
    BODY: """\
{% for alert in alerts[:20] %}
{{ alert.history }} {{ alert.subject }} ({{ alert.at|time }}{% if alert.by %}, by {{ alert.by }}{% endif %})
{% for line in alert.details %}
  {{ line }}
{% endfor %}
{% endfor %}
{% if counts.alerts > 20 %}… and {{ counts.alerts - 20 }} more{% endif %}
""",
}
CHINESE = {
    TITLE: (
        "[nagare] {% if counts.alerts == 1 %}{{ alerts[0].label }}：{{ alerts[0].subject }}"
        "{% else %}{{ summary }}{% endif %}"
    ),
    BODY: """\
{% for alert in alerts[:20] %}
{{ alert.history }} {{ alert.subject }} ({{ alert.at|time }}{% if alert.by %}，{{ alert.by }}{% endif %})
{% for line in alert.details %}
  {{ line }}
{% endfor %}
{% endfor %}
{% if counts.alerts > 20 %}……另有 {{ counts.alerts - 20 }} 条{% endif %}
""",
}
DEFAULTS: Mapping[Language, Mapping[str, str]] = {Language.ENGLISH: ENGLISH, Language.CHINESE: CHINESE}
"""For each language, templates that write what the built-in text says."""


def templates_in(fields: Mapping[Any, Any]) -> dict[str, str]:
    """Return the templates that a notification has, by field."""
    return {field: fields[field] for field in FIELDS if fields.get(field)}
