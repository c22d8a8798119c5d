"""nagare: one API and one dashboard over several monitoring systems, with every pull a task that is never lost."""

__version__ = "0.1.0"
