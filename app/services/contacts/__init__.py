"""Teams, channels and how each person wants to be told."""
