"""The parts of Lark's library that messages need.

The library imports all of its 10,000 modules at once, which takes 5 seconds of processor time and 176 MB: too much for
a message that is to wake somebody. Its outer packages are registered here without that; what is in them works as always
and takes 0.7 seconds and 48 MB.
"""

import importlib.util
import sys

OUTER_PACKAGES = ("lark_oapi", "lark_oapi.api")


def _register(name: str) -> None:
    """Register a package without running its `__init__`."""
    spec = importlib.util.find_spec(name)
    if spec is not None and name not in sys.modules:
        sys.modules[name] = importlib.util.module_from_spec(spec)


for _name in OUTER_PACKAGES:
    _register(_name)

from lark_oapi.api.im.v1.model.create_message_request import CreateMessageRequest  # noqa: E402
from lark_oapi.api.im.v1.model.create_message_request_body import CreateMessageRequestBody  # noqa: E402
from lark_oapi.api.im.v1.model.patch_message_request import PatchMessageRequest  # noqa: E402
from lark_oapi.api.im.v1.model.patch_message_request_body import PatchMessageRequestBody  # noqa: E402
from lark_oapi.api.im.v1.resource.message import Message  # noqa: E402
from lark_oapi.core.exception import ObtainAccessTokenException  # noqa: E402
from lark_oapi.core.model import Config, RequestOption  # noqa: E402
from lark_oapi.core.token import TokenManager  # noqa: E402

__all__ = [
    "Config",
    "CreateMessageRequest",
    "CreateMessageRequestBody",
    "Message",
    "ObtainAccessTokenException",
    "PatchMessageRequest",
    "PatchMessageRequestBody",
    "RequestOption",
    "TokenManager",
]
