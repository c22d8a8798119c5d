"""How a page goes from step to step."""
