"""Statements that explain the health score: what costs it most, and what changed it when."""
