"""HTTP for connectors: a client with deadlines, limits and a check of the addresses that it connects to."""
