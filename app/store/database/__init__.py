"""The engine, locks, prepared statements, bulk rows, pages and search; independent of nagare's tables."""
