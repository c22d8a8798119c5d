"""The fixtures of these tests, which the tests against real systems use too."""

from tests.acceptance.fixtures import _tidy as _tidy
from tests.acceptance.fixtures import database_url as database_url
from tests.acceptance.fixtures import stack as stack
from tests.acceptance.fixtures import user as user
from tests.acceptance.fixtures import worker as worker
from tests.unit.connectors.conftest import serve as serve
