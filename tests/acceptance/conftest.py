"""The fixtures of these tests, which the tests against real systems use too."""

from collections.abc import Iterator

import pytest

from tests.acceptance.fixtures import _tidy as _tidy
from tests.acceptance.fixtures import database_url as database_url
from tests.acceptance.fixtures import user as user
from tests.acceptance.fixtures import worker as worker
from tests.acceptance.stack import ForkedStack, Stack
from tests.unit.connectors.conftest import serve as serve


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Stack]:
    """Yield Valkey, the database and the API, without a worker."""
    stack = ForkedStack(tmp_path_factory.mktemp("stack"), database_url)
    yield stack
    stack.close()
