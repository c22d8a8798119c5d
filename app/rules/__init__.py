"""Pure functions that decide, and neither store nor send."""
