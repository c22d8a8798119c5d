"""Statements about notification channels and their messages."""
