"""The HTTP server that misbehaves as it is told."""

from tests.unit.connectors.conftest import serve as serve
