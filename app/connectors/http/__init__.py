"""HTTP for connectors: one client with deadlines, limits and a guard of the addresses it may reach."""
