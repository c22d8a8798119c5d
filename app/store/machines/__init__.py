"""Statements on hosts that are one machine."""
