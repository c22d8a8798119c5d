"""What was seen, line by line, and whether all of it was right."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
import httpx

from app.errors import NagareError


class Unexpected(NagareError):
    """The instance did something that ends the scenario."""

    code = "unexpected"


class Report:
    """Prints as it goes and counts."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, is_right: bool, what: str) -> None:
        """Note one observation."""
        self.passed += is_right
        self.failed += not is_right
        mark = click.style("✓", fg="green") if is_right else click.style("✗", fg="red")
        click.echo(f"  {mark} {what}")

    def note(self, what: str) -> None:
        """Print something that is neither right nor wrong."""
        click.echo(f"    {what}")

    @contextmanager
    def scenario(self, title: str) -> Iterator[None]:
        """Head what follows; an error ends this scenario alone."""
        click.echo(f"\n{title}")
        try:
            yield
        except (Unexpected, httpx.HTTPError, LookupError, ValueError) as error:
            # The last two: an answer that is not JSON, or lacks a field.
            self.check(False, f"{type(error).__name__}: {error}")
