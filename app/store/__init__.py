"""All SQL statements."""
