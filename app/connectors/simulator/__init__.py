"""A fleet that exists only in memory: a source to try nagare with."""
