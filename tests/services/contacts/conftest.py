"""What tests of teams and channels share."""

from tests.services.contacts.phone import phone as phone
from tests.unit.connectors.conftest import serve as serve
