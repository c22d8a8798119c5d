"""Pulls from Nagios Core, and acknowledges its problems."""
