"""The envelope in which kombu publishes broadcasts and events over Redis."""

import json
from base64 import b64decode
from typing import Any


def republished(data: Any) -> str | None:
    """Return an envelope as kombu itself would have published it; None when it has another format.

    Only the body and the headers are taken, because kombu trusts everything else.
    """
    try:
        envelope = json.loads(data)
        body, headers, tag = envelope["body"], envelope["headers"], envelope["properties"]["delivery_tag"]
        b64decode(body, validate=True).decode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(headers, dict) or not isinstance(tag, str):
        return None
    properties = {
        "body_encoding": "base64",
        "delivery_info": {"exchange": "", "routing_key": ""},
        "delivery_mode": 1,
        "delivery_tag": tag,
        "priority": 0,
    }
    return json.dumps(
        {
            "body": body,
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": headers,
            "properties": properties,
        }
    )
