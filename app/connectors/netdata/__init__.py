"""Pulls from Netdata agents and parents."""
