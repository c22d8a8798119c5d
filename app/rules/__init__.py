"""Pure functions: what to decide, never how to store or send it."""
