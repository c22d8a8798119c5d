"""Pulls JSON from any server, as the mapping of the monitor says."""
