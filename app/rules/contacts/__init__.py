"""When a person is told by which channel."""
