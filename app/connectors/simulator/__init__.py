"""A simulated fleet in memory: a source to try nagare with."""
