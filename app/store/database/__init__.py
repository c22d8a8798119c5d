"""The engine, locks, prepared statements, bulk rows, pages and search; it knows no table of ours by name."""
