"""Who is on call when, from layers, holidays and overrides."""
