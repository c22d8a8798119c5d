"""Statements on rotas and overrides."""
