"""Icinga 2, by its REST API."""
