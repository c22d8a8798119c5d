"""Everything that concerns Redis and publishing."""
