"""When a maintenance window recurs, and what a source can be told of it."""
