"""The `nagare` command: runs the whole product on one machine, and does what an operator needs from a shell."""

from app.cli.root import main

__all__ = ["main"]
