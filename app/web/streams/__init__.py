"""Connections that stay open: taken over from the server, and all served by one thread of their own."""

EXTENSION = "nagare streams"
