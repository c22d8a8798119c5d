"""Receivers of messages, each a program of its own that a storm can strike."""
